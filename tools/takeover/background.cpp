// SPDX-License-Identifier: Apache-2.0
#include "tools/takeover/background.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "core/check.h"
#include "core/log.h"

namespace fanlight {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

pid_t fork_or_fail() {
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  return child;
}

// What the other side has written; false if it wrote less before its end, or before `deadline`.
bool read_all(const Fd& pipe, void* data, size_t size, Instant deadline) {
  pollfd wait{pipe.get(), POLLIN, 0};
  for (;;) {
    const Duration left = std::max<Duration>(deadline - read_monotonic_clock(), Duration::zero());
    const int ready = ::poll(&wait, 1, static_cast<int>(left / 1ms));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && ::read(pipe.get(), data, size) == static_cast<ssize_t>(size);
  }
}

// The process in between ends at once: the new one is then a child of whoever adopts orphans.
[[noreturn]] void wait_for(const Fd& pipe, pid_t between, Duration limit) {
  const Instant deadline = read_monotonic_clock() + limit;
  pid_t process = 0;
  const bool is_there = read_all(pipe, &process, sizeof process, deadline);
  while (::waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  int code = 0;
  if (is_there && read_all(pipe, &code, sizeof code, deadline)) std::_Exit(code);
  log_error("the new server {}", is_there && read_monotonic_clock() >= deadline
                                     ? "does not get ready, and was killed"
                                     : "has ended before it was ready");
  if (is_there) ::kill(process, SIGKILL);
  std::_Exit(static_cast<int>(ExitCode::unavailable));
}

}  // namespace

Background Background::start(Duration limit) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  Fd here(ends[0]), there(ends[1]);
  if (const pid_t between = fork_or_fail(); between != 0) {
    there.reset();
    wait_for(here, between, limit);
  }
  here.reset();
  ::setsid();
  if (::fork() != 0) std::_Exit(0);
  const pid_t self = ::getpid();
  CHECK(::write(there.get(), &self, sizeof self) == sizeof self);
  return Background(std::move(there));
}

void Background::report(ExitCode code) noexcept {
  const auto number = static_cast<int>(code);
  // A starter that is gone has been told to stop waiting.
  if (starter_) [[maybe_unused]]
    const auto written = ::write(starter_.get(), &number, sizeof number);
  starter_.reset();
}

}  // namespace fanlight
