// SPDX-License-Identifier: Apache-2.0
#include "tools/server/service_manager.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "core/log.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

// Written in place: a manager that hears nothing ends the service, also where memory is short.
constexpr size_t kTextBytesMax = 256;

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

// A datagram socket connected to `path`; '@' stands for the NUL that begins an abstract name
// (unix(7)). None when nothing listens there.
Fd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool is_name = path.starts_with('/') || path.starts_with('@');
  if (!is_name || path.size() < 2 || path.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return {};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return {};
  return socket;
}

std::optional<Duration> half_of_watchdog(const std::string& microseconds, const std::string& pid) {
  if (!pid.empty() && pid != std::to_string(::getpid())) return std::nullopt;
  const std::optional<int64_t> number = to_number<int64_t>(microseconds);
  constexpr int64_t kYear = int64_t{366} * 24 * 3600 * 1'000'000;
  if (!number || *number < 2 || *number > kYear) return std::nullopt;
  return std::chrono::microseconds(*number / 2);
}

}  // namespace

ServiceManager::ServiceManager() {
  const std::string path = take_variable("NOTIFY_SOCKET");
  const std::string microseconds = take_variable("WATCHDOG_USEC");
  const std::string pid = take_variable("WATCHDOG_PID");
  if (path.empty()) return;
  socket_ = connect_to(path);
  if (!socket_) log_warning("NOTIFY_SOCKET={}: cannot be reached", path);
  if (!socket_) return;
  keep_alive_period_ = half_of_watchdog(microseconds, pid);
}

void ServiceManager::ready(std::string_view status) noexcept {
  char text[kTextBytesMax];
  const auto end = fmt::format_to_n(text, sizeof text, "READY=1\nSTATUS={}", status).out;
  send({text, static_cast<size_t>(end - text)});
}

// systemd 253 and later needs the time, for Type=notify-reload.
void ServiceManager::reloading(Instant now) noexcept {
  const auto since_boot =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  char text[kTextBytesMax];
  const auto end =
      fmt::format_to_n(text, sizeof text,
                       "RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reading the configuration",
                       since_boot.count())
          .out;
  send({text, static_cast<size_t>(end - text)});
}

void ServiceManager::stopping() noexcept {
  send("STOPPING=1\nSTATUS=ending all streams");
}

void ServiceManager::keep_alive() noexcept {
  send("WATCHDOG=1");
}

void ServiceManager::succeeded_by(pid_t process) noexcept {
  char text[kTextBytesMax];
  const auto end = fmt::format_to_n(text, sizeof text, "MAINPID={}", process).out;
  send({text, static_cast<size_t>(end - text)});
  socket_.reset();
}

void ServiceManager::send(std::string_view state) noexcept {
  if (!socket_) return;
  if (::send(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL) >= 0) return;
  log_debug("cannot notify the service manager: {}", std::strerror(errno));
}

}  // namespace fanlight
