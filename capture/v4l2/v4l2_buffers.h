// SPDX-License-Identifier: Apache-2.0
// V4l2Buffers: the memory that a V4L2 device writes its pictures into, and their stream.
//
// Source: the kernel's documentation, "Streaming I/O (Memory Mapping)".
#pragma once

#include <linux/videodev2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "capture/v4l2/v4l2_device.h"
#include "core/time.h"

namespace fanlight {

// A buffer that the driver has filled, or claims to have.
struct V4l2Frame {
  uint32_t index = 0;
  uint32_t sequence = 0;
  bool is_damaged = false;    // marked by the driver: V4L2_BUF_FLAG_ERROR
  bool is_monotonic = false;  // `timestamp` is CLOCK_MONOTONIC's
  Instant timestamp{};
  // The data written by the driver, by memory plane; all empty when it claims more than there is.
  std::array<std::span<const std::byte>, 3> memory{};
};

// Owns: the mappings; streaming. The device must outlive it.
// Thread: one at a time.
// Invariant: a buffer is either queued with the driver or was taken and not given back; any other
//   buffer returned by the driver is refused, because two users would share its memory.
// Errors: std::system_error with the driver's errno; EPROTO for a driver that contradicts itself.
class V4l2Buffers {
 public:
  // The driver needs one to write into while another is read.
  static constexpr uint32_t kCountMin = 2;

  // Requests `count` buffers, and fewer when memory is short; maps and queues all that were
  // granted, and starts the stream.
  V4l2Buffers(V4l2Device& device, size_t memory_planes, uint32_t count);
  V4l2Buffers(const V4l2Buffers&) = delete;
  V4l2Buffers& operator=(const V4l2Buffers&) = delete;
  ~V4l2Buffers();

  // The oldest filled buffer; nothing when there is none yet.
  std::optional<V4l2Frame> take();

  // Returns a taken buffer to the driver.
  void give_back(uint32_t index);

  size_t count() const noexcept { return buffers_.size(); }
  // Of the largest plane.
  size_t plane_bytes() const noexcept;

 private:
  struct Buffer {
    std::array<std::span<std::byte>, 3> planes{};
    bool is_queued = false;
  };
  using Planes = std::array<v4l2_plane, 3>;

  v4l2_buffer description(uint32_t index, Planes& planes) const noexcept;
  void request(uint32_t count);
  void map(uint32_t index);
  void start();
  void release() noexcept;
  V4l2Frame frame_of(const v4l2_buffer& filled, const Planes& planes) const;

  V4l2Device& device_;
  const size_t memory_planes_;
  std::vector<Buffer> buffers_;
  bool is_streaming_ = false;
};

}  // namespace fanlight
