// SPDX-License-Identifier: Apache-2.0
// Service manager: reports the service's state to systemd, or to another manager, by sd_notify(3).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/fd.h"
#include "core/time.h"

namespace fanlight {

// Owns: the socket to the manager; none when no manager listens.
// Thread: main's.
class ServiceManager {
 public:
  // By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which are removed, so that no child process
  // uses them.
  ServiceManager();

  // The manager of an earlier process of the service, with its socket.
  ServiceManager(Fd socket, std::optional<Duration> keep_alive_period)
      : socket_(std::move(socket)), keep_alive_period_(keep_alive_period) {}

  int fd() const { return socket_.get(); }  // -1 without a manager
  bool is_there() const { return static_cast<bool>(socket_); }

  void ready(std::string_view status) noexcept;
  void reloading(Instant now) noexcept;  // ready() must follow
  void stopping() noexcept;
  void keep_alive() noexcept;
  // Another process is the service from now on; the manager listens to this one no longer.
  void succeeded_by(pid_t process) noexcept;

  // How often keep_alive() must be called: twice in the time after which the manager kills the
  // service (sd_watchdog_enabled(3)). Empty: never.
  std::optional<Duration> keep_alive_period() const { return keep_alive_period_; }

 private:
  void send(std::string_view state) noexcept;

  Fd socket_;
  std::optional<Duration> keep_alive_period_;
};

}  // namespace fanlight
