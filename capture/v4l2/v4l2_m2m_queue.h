// SPDX-License-Identifier: Apache-2.0
// V4l2M2mQueue: one of the two directions of a V4L2 memory-to-memory device, with one buffer.
//
// Source: the kernel's documentation, "Video Memory-To-Memory Interface". Data going into the
//   device is its OUTPUT, data coming out its CAPTURE, as seen from the program.
#pragma once

#include <linux/videodev2.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "capture/v4l2/v4l2_io.h"
#include "core/time.h"

namespace fanlight {

// Owns: the mapping of its buffer; streaming. The descriptor must outlive it.
// Thread: one at a time.
// Errors: the constructor and start() throw std::system_error with the driver's errno, or EPROTO
//   for a driver that contradicts itself; the rest are values.
class V4l2M2mQueue {
 public:
  // `type`: V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE or V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, whose format
  // has been set and has one plane.
  V4l2M2mQueue(V4l2Io& io, int fd, v4l2_buf_type type);
  V4l2M2mQueue(const V4l2M2mQueue&) = delete;
  V4l2M2mQueue& operator=(const V4l2M2mQueue&) = delete;
  ~V4l2M2mQueue();

  void start();

  std::span<std::byte> memory() const noexcept { return memory_; }

  // Queues the buffer with the driver, with `bytes` of it in use. False when the driver refuses.
  bool queue(size_t bytes) noexcept;

  // Waits at most `timeout` until the driver is done with it. Returns the bytes in use; nothing on
  // timeout, or when the driver reports damage or something that makes no sense.
  std::optional<std::span<const std::byte>> wait(Duration timeout) noexcept;

 private:
  v4l2_buffer description(v4l2_plane& plane) const noexcept;
  std::optional<std::span<const std::byte>> used_part(const v4l2_buffer& done,
                                                      const v4l2_plane& plane) const noexcept;

  V4l2Io& io_;
  const int fd_;
  const v4l2_buf_type type_;
  std::span<std::byte> memory_;
};

}  // namespace fanlight
