// SPDX-License-Identifier: Apache-2.0
#include "tools/server/main_loop.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/check.h"

namespace fanlight {
namespace {

// Makes the timer readable every `period`.
void set_period(const Fd& timer, Duration period) {
  itimerspec spec{};
  spec.it_interval.tv_sec = static_cast<time_t>(period / 1s);
  spec.it_interval.tv_nsec = static_cast<long>((period % 1s).count());
  spec.it_value = spec.it_interval;
  CHECK(::timerfd_settime(timer.get(), 0, &spec, nullptr) == 0);
}

}  // namespace

MainLoop::MainLoop() {
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
  CHECK(::pthread_sigmask(SIG_BLOCK, &signals_, &before_) == 0);
  signal_fd_ = Fd(::signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signal_fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
  timer_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer_) throw std::system_error(errno, std::generic_category(), "timerfd");
}

MainLoop::~MainLoop() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void MainLoop::run(const std::function<void()>& on_hangup, std::optional<Duration> period,
                   const std::function<void()>& on_tick) {
  if (period) set_period(timer_, *period);
  for (;;) {
    pollfd waits[] = {{signal_fd_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    uint64_t expirations = 0;
    if (::read(timer_.get(), &expirations, sizeof expirations) > 0) on_tick();
    signalfd_siginfo signal{};
    if (::read(signal_fd_.get(), &signal, sizeof signal) <= 0) continue;
    if (signal.ssi_signo == SIGHUP) {
      on_hangup();
      continue;
    }
    ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    return;
  }
}

}  // namespace fanlight
