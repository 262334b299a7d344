// SPDX-License-Identifier: Apache-2.0
#include "io/registered_descriptors.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "core/check.h"
#include "core/fd.h"

namespace fanlight {
namespace {

// Descriptors that are not connections: the lowest numbers, since they are opened first.
constexpr unsigned kOthers = 256;

// The kernel accepts no table larger than the limit of descriptors (io_uring_register(2)).
unsigned wanted_capacity(unsigned connections) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<unsigned>(std::min<rlim_t>(limit.rlim_cur, rlim_t{connections} + kOthers));
}

struct SocketPair {
  static SocketPair make() {
    std::array<int, 2> fds{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) fds = {-1, -1};
    return {Fd(fds[0]), Fd(fds[1])};
  }
  Fd near, far;
};

bool at_end(const Fd& fd) {
  pollfd poll{fd.get(), POLLIN, 0};
  return ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLHUP) != 0;
}

}  // namespace

RegisteredDescriptors::RegisteredDescriptors(io_uring& ring, unsigned connections) noexcept
    : ring_(ring) {
  const unsigned capacity = wanted_capacity(connections);
  if (capacity < 2 || io_uring_register_files_sparse(&ring_, capacity) != 0) return;
  if (releases_at_once()) {
    capacity_ = capacity;
  } else {
    io_uring_unregister_files(&ring_);
  }
}

bool RegisteredDescriptors::set(unsigned index, int fd) noexcept {
  return io_uring_register_files_update(&ring_, index, &fd, 1) == 1;
}

// Removes and closes one socket while a request on another is in flight: does it close?
bool RegisteredDescriptors::releases_at_once() noexcept {
  SocketPair busy = SocketPair::make();
  SocketPair removed = SocketPair::make();
  if (!busy.near || !removed.near) return false;
  if (!set(0, busy.near.get()) || !set(1, removed.near.get())) return false;

  char byte = 0;
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  io_uring_prep_recv(sqe, 0, &byte, sizeof byte, 0);
  sqe->flags |= IOSQE_FIXED_FILE;
  if (io_uring_submit(&ring_) != 1) return false;
  bool released = set(1, -1);
  removed.near.reset();
  released = released && at_end(removed.far);

  // The request ends when its peer closes.
  busy.far.reset();
  io_uring_cqe* cqe = nullptr;
  CHECK(io_uring_wait_cqe(&ring_, &cqe) == 0);
  io_uring_cqe_seen(&ring_, cqe);
  return set(0, -1) && released;
}

bool RegisteredDescriptors::add(int fd) noexcept {
  CHECK(fd >= 0);
  return static_cast<unsigned>(fd) < capacity_ && set(static_cast<unsigned>(fd), fd);
}

void RegisteredDescriptors::remove(int fd) noexcept {
  CHECK(set(static_cast<unsigned>(fd), -1));
}

}  // namespace fanlight
