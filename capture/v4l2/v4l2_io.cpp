// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_io.h"

#include <fcntl.h>
#include <libv4l2.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace fanlight {
namespace {

// A descriptor unknown to libv4l2 goes straight to the system call of the same name (libv4l2.h).
// Devices that need no conversion therefore behave as in the kernel: libv4l2 would insert its
// plugins, one of which hides that a device is multi-planar, and write lines of its own to standard
// error.
class SystemV4l2Io final : public V4l2Io {
 public:
  int open(const std::string& path, V4l2Conversion conversion) noexcept override {
    const int fd = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -errno;
    // Refused for anything but a capture device: QUERYCAP, which still works, gives a better error.
    if (conversion == V4l2Conversion::on) ::v4l2_fd_open(fd, 0);
    return fd;
  }

  void close(int fd) noexcept override { ::v4l2_close(fd); }

  int ioctl(int fd, unsigned long request, void* argument) noexcept override {
    int result = 0;
    do {
      result = ::v4l2_ioctl(fd, request, argument);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
  }

  void* map(int fd, size_t length, uint32_t offset) noexcept override {
    void* address = ::v4l2_mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    return address == MAP_FAILED ? nullptr : address;
  }

  void unmap(void* address, size_t length) noexcept override { ::v4l2_munmap(address, length); }
};

}  // namespace

V4l2Io& system_v4l2_io() noexcept {
  static SystemV4l2Io io;
  return io;
}

}  // namespace fanlight
