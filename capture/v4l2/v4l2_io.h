// SPDX-License-Identifier: Apache-2.0
// V4l2Io: the system calls that drive a V4L2 device; the seam between the camera code and the
// kernel.
//
// Waiting is not among them: poll(2) works on every descriptor that open() returns, also a test's,
// so sources wait for it with CameraClock::wait() as for any other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace fanlight {

enum class V4l2Conversion {
  off,  // formats as in the driver
  on,   // plus those emulated by libv4l2; ENUM_FMT marks them with V4L2_FMT_FLAG_EMULATED
};

// Thread: any for the system's; one descriptor is used by one thread at a time.
// Errors are values: -errno. A call may block for as long as the driver likes: S_FMT on a camera
// that has just been unplugged takes 5 s.
class V4l2Io {
 public:
  virtual ~V4l2Io() = default;

  // A descriptor, opened O_RDWR | O_NONBLOCK | O_CLOEXEC, or -errno.
  virtual int open(const std::string& path, V4l2Conversion conversion) noexcept = 0;
  virtual void close(int fd) noexcept = 0;

  // 0 or -errno, never -EINTR. `request` and `argument` are as for ioctl(2).
  virtual int ioctl(int fd, unsigned long request, void* argument) noexcept = 0;

  // Shared, for reading and writing; nullptr with errno set when it fails.
  virtual void* map(int fd, size_t length, uint32_t offset) noexcept = 0;
  virtual void unmap(void* address, size_t length) noexcept = 0;
};

// The kernel's, through libv4l2.
V4l2Io& system_v4l2_io() noexcept;

}  // namespace fanlight
