// SPDX-License-Identifier: Apache-2.0
// Log: one line on standard error per event.
//
// On a terminal, warnings and errors are in colour (unless NO_COLOR, no-color.org, is set or TERM
// is dumb), and a server's lines begin with the time. Anywhere else a line is written as it is: the
// journal and other log collectors add their own time. Under systemd (JOURNAL_STREAM set) each line
// begins with its priority, "<6>", see sd-daemon(3).
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "core/time.h"

namespace fanlight {

enum class LogLevel { error = 3, warning = 4, info = 6, debug = 7 };  // syslog's numbers

// Lines above this level are not printed. Default: info. Any thread.
void set_log_level(LogLevel level) noexcept;
bool log_enabled(LogLevel level) noexcept;

// From now on lines on a terminal begin with the time of day. Any thread.
void show_log_times() noexcept;

// Longest line, in bytes; longer ones are cut.
inline constexpr size_t kLogLineMax = 511;

// Writes one line with one write(2), so that lines of several threads do not mix. It may contain
// text from elsewhere: it is made printable (core/printable.h) and stays one line. Any thread.
void write_log(LogLevel level, std::string_view line) noexcept;

// Formats into a buffer on the stack, so that nothing is allocated. The buffer is larger than what
// is printed: text cut here, perhaps within a character, would be cut anyway.
template <class... Args>
void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) noexcept {
  if (!log_enabled(level)) return;
  char line[2 * kLogLineMax];
  const auto end = fmt::format_to_n(line, sizeof line, format, std::forward<Args>(args)...).out;
  write_log(level, {line, static_cast<size_t>(end - line)});
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) noexcept {
  log(LogLevel::error, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) noexcept {
  log(LogLevel::warning, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) noexcept {
  log(LogLevel::info, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) noexcept {
  log(LogLevel::debug, format, std::forward<Args>(args)...);
}

// Limits a repeated log line to one a minute, however often its cause occurs, and counts the lines
// that were not printed. One gate for each cause.
// Thread: one.
class LogGate {
 public:
  bool open(Instant now) noexcept {
    if (now < next_) {
      ++suppressed_;
      return false;
    }
    next_ = now + kPeriod;
    return true;
  }

  // How often open() returned false since the last call.
  uint64_t take_suppressed() noexcept { return std::exchange(suppressed_, 0); }

 private:
  static constexpr Duration kPeriod = 1min;
  Instant next_ = Instant::min();
  uint64_t suppressed_ = 0;
};

// A line through its gate: at most one a minute, with the number of lines suppressed before it.
template <class... Args>
void log_gated(LogGate& gate, Instant now, LogLevel level, fmt::format_string<Args...> format,
               Args&&... args) noexcept {
  if (!log_enabled(level) || !gate.open(now)) return;
  char line[kLogLineMax];
  const auto text = fmt::format_to_n(line, sizeof line - 64, format, std::forward<Args>(args)...);
  char* end = text.out;
  if (const uint64_t more = gate.take_suppressed(); more > 0) {
    end = fmt::format_to(end, " ({} more since the last such line)", more);
  }
  write_log(level, {line, static_cast<size_t>(end - line)});
}

}  // namespace fanlight
