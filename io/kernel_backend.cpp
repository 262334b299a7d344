// SPDX-License-Identifier: Apache-2.0
#include "io/kernel_backend.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

#include "core/check.h"

namespace fanlight {

Instant KernelBackend::now() noexcept {
  return read_monotonic_clock();
}

WallTime KernelBackend::wall_now() noexcept {
  return read_wall_clock();
}

uint64_t KernelBackend::peer_progress(int fd) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  constexpr socklen_t kNeeded = offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && size >= kNeeded) {
    return info.tcpi_bytes_acked;
  }
  int queued = 0;
  if (::ioctl(fd, SIOCOUTQ, &queued) != 0) return 0;
  return static_cast<uint64_t>(queued);
}

void KernelBackend::reset_on_close(int fd) noexcept {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  // Fails only for a descriptor that is not a socket.
  CHECK(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
}

PeerAddress KernelBackend::peer_address(int fd) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  // A peer that has reset its connection no longer has an address (ENOTCONN).
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return to_peer_address(address);
}

// An eventfd, because it counts against both limits, of descriptors and of open files.
int KernelBackend::open_spare() noexcept {
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  return fd >= 0 ? fd : -errno;
}

}  // namespace fanlight
