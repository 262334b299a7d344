// SPDX-License-Identifier: Apache-2.0
#include "tools/server/main_loop.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

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

void MainLoop::watch(int fd, std::function<void()> on_ready) {
  const auto free = std::find_if(watched_.begin(), watched_.end(),
                                 [](const Watched& each) { return each.fd < 0; });
  CHECK(free != watched_.end());
  *free = {fd, std::move(on_ready)};
}

void MainLoop::unwatch(int fd) noexcept {
  for (Watched& each : watched_) {
    if (each.fd == fd) each.fd = -1;  // poll(2) ignores it; the function may be running
  }
}

void MainLoop::run(const std::function<void()>& on_hangup, std::optional<Duration> period,
                   const std::function<void()>& on_tick) {
  if (period) set_period(timer_, *period);
  while (!ended_) {
    pollfd waits[2 + kWatchedMax] = {{signal_fd_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}};
    for (size_t i = 0; i < kWatchedMax; ++i) waits[2 + i] = {watched_[i].fd, POLLIN, 0};
    if (::poll(waits, 2 + kWatchedMax, -1) < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    for (size_t i = 0; i < kWatchedMax; ++i) {
      const bool is_watched = waits[2 + i].fd == watched_[i].fd;
      if (waits[2 + i].revents != 0 && is_watched) watched_[i].on_ready();
    }
    uint64_t expirations = 0;
    if (::read(timer_.get(), &expirations, sizeof expirations) > 0) on_tick();
    signalfd_siginfo signal{};
    if (::read(signal_fd_.get(), &signal, sizeof signal) <= 0) continue;
    if (signal.ssi_signo == SIGHUP) {
      on_hangup();
      continue;
    }
    ended_ = true;
  }
  ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

}  // namespace fanlight
