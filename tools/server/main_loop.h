// SPDX-License-Identifier: Apache-2.0
// Main loop: what the main thread does while the others serve: it waits for signals.
#pragma once

#include <array>
#include <csignal>
#include <functional>
#include <optional>

#include "core/fd.h"
#include "core/time.h"
#include "tools/takeover/predecessor.h"

namespace fanlight {

// Owns: the signals SIGTERM, SIGINT and SIGHUP, which no other thread receives; a timer.
// Thread: main's; made before other threads are, since threads inherit the blocked signals.
class MainLoop final : public Watch {
 public:
  // Throws std::system_error.
  MainLoop();
  MainLoop(const MainLoop&) = delete;
  MainLoop& operator=(const MainLoop&) = delete;
  ~MainLoop();

  // Of five descriptors at most.
  void watch(int fd, std::function<void()> on_ready) override;
  void unwatch(int fd) noexcept override;

  // Has run() return as after a signal.
  void end() noexcept override { ended_ = true; }

  // Returns after SIGTERM or SIGINT; from then on another one ends the process immediately. Until
  // then calls `on_hangup` for SIGHUP, and `on_tick` every `period` if there is one. Needs no
  // resources that have not been acquired before.
  void run(const std::function<void()>& on_hangup, std::optional<Duration> period,
           const std::function<void()>& on_tick);

 private:
  sigset_t signals_;
  sigset_t before_;
  Fd signal_fd_;
  Fd timer_;  // never due without a period
  struct Watched {
    int fd = -1;  // -1: none
    std::function<void()> on_ready{};
  };
  static constexpr size_t kWatchedMax = 5;
  std::array<Watched, kWatchedMax> watched_;
  bool ended_ = false;
};

}  // namespace fanlight
