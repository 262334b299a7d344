// SPDX-License-Identifier: Apache-2.0
// V4l2M2mQueue: one of the two directions of a V4L2 memory-to-memory device, with one buffer.
//
// Source: the kernel's documentation, "Video Memory-To-Memory Interface". What goes into the device
// is its OUTPUT, what comes out of it its CAPTURE, as seen from the program.
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

  // Hands the buffer to the driver, with `bytes` of it in use. False when it refuses.
  bool queue(size_t bytes) noexcept;

  // Waits until the driver has done with it, at most for `timeout`. The bytes that are in use then;
  // nothing when it took too long, the driver says that they are damaged, or it makes no sense.
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
