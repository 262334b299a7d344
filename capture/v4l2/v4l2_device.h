// SPDX-License-Identifier: Apache-2.0
// V4l2Device: an open capture device, single- or multi-planar, and its description.
#pragma once

#include <linux/videodev2.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "capture/v4l2/v4l2_choice.h"
#include "capture/v4l2/v4l2_io.h"
#include "capture/v4l2/v4l2_layout.h"
#include "core/time.h"

namespace fanlight {

// A driver's text in displayable form (core/printable.h). It may lack a terminator and contain
// anything, because a USB device names itself.
std::string printable_text(std::span<const uint8_t> text);

// Owns: the descriptor.
// Thread: one at a time. Every call may block for as long as the driver likes.
// Errors: std::system_error with the driver's errno, from throw_v4l2_error().
class V4l2Device {
 public:
  // Opens `path` and checks that it is a streaming capture device: ENOTTY when it is not.
  V4l2Device(V4l2Io& io, std::string path, V4l2Conversion conversion);
  V4l2Device(const V4l2Device&) = delete;
  V4l2Device& operator=(const V4l2Device&) = delete;
  ~V4l2Device();

  // Requests a format and checks the granted one, which may differ in any respect.
  V4l2Layout set_format(const V4l2Choice& choice);

  // Requests a rate, in pictures per second. Returns the granted interval; 0 when the driver does
  // not control or report it.
  Duration set_rate(double fps);

  V4l2Io& io() const noexcept { return io_; }
  int fd() const noexcept { return fd_; }
  const std::string& path() const noexcept { return path_; }
  // "HD Webcam C525 at usb-0000:00:14.0-1", printable.
  const std::string& name() const noexcept { return name_; }
  // V4L2_BUF_TYPE_VIDEO_CAPTURE or V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE.
  uint32_t buffer_type() const noexcept { return buffer_type_; }
  bool is_multiplanar() const noexcept { return V4L2_TYPE_IS_MULTIPLANAR(buffer_type_); }

  // 0 or -errno.
  template <class T>
  int try_ioctl(unsigned long request, T& argument) noexcept {
    return io_.ioctl(fd_, request, &argument);
  }
  // For calls that must succeed; `what` describes the attempt.
  template <class T>
  void ioctl(unsigned long request, T& argument, std::string_view what) {
    const int result = try_ioctl(request, argument);
    if (result < 0) fail(-result, what);
  }
  [[noreturn]] void fail(int error, std::string_view what) const;

 private:
  void identify();

  V4l2Io& io_;
  const std::string path_;
  int fd_ = -1;
  std::string name_;
  uint32_t buffer_type_ = 0;
};

}  // namespace fanlight
