// SPDX-License-Identifier: Apache-2.0
#include "core/waker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/check.h"

namespace fanlight {

// Blocking on purpose: for O_NONBLOCK files io_uring completes with -EAGAIN instead of waiting.
Waker::Waker() : fd_(::eventfd(0, EFD_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::system_category(), "eventfd");
}

void Waker::wake() noexcept {
  const uint64_t one = 1;
  // The counter would have to reach 2^64 - 1 for this to block (eventfd(2)).
  const ssize_t written = ::write(fd_.get(), &one, sizeof one);
  CHECK(written == sizeof one);
}

void Waker::drain() noexcept {
  pollfd ready{fd_.get(), POLLIN, 0};
  uint64_t count = 0;
  if (::poll(&ready, 1, 0) == 1) CHECK(::read(fd_.get(), &count, sizeof count) == sizeof count);
}

}  // namespace fanlight
