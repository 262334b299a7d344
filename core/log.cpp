// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>

#include "core/printable.h"

namespace fanlight {
namespace {

std::atomic<LogLevel> max_level{LogLevel::info};

std::atomic<bool> has_times{false};

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool under_journal() {
  static const bool set = is_set("JOURNAL_STREAM");
  return set;
}

bool wants_colours() {
  static const bool wanted = [] {
    const char* terminal = std::getenv("TERM");
    return !is_set("NO_COLOR") && terminal != nullptr && std::string_view(terminal) != "dumb";
  }();
  return wanted;
}

// The text around a line.
struct Frame {
  char begin[32];
  size_t begin_size = 0;
  std::string_view end = "\n";

  void append(std::string_view text) {
    const size_t size = std::min(text.size(), sizeof begin - begin_size);
    std::copy_n(text.data(), size, begin + begin_size);
    begin_size += size;
  }
};

std::string_view colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "\x1b[31m";  // red
    case LogLevel::warning:
      return "\x1b[33m";  // yellow
    case LogLevel::info:
      return "";
    case LogLevel::debug:
      return "\x1b[2m";  // faint
  }
  return "";
}

Frame frame_for_terminal(LogLevel level) {
  Frame frame;
  const bool colours = wants_colours();
  if (has_times.load(std::memory_order_relaxed)) {
    const auto now = static_cast<std::time_t>(read_wall_clock().time_since_epoch() / 1s);
    std::tm time{};
    ::localtime_r(&now, &time);
    char text[12];
    const size_t size = std::strftime(text, sizeof text, "%H:%M:%S ", &time);
    if (colours) frame.append("\x1b[2m");
    frame.append({text, size});
    if (colours) frame.append("\x1b[0m");
  }
  const std::string_view colour = colours ? colour_of(level) : "";
  frame.append(colour);
  if (!colour.empty()) frame.end = "\x1b[0m\n";
  return frame;
}

Frame frame_of(LogLevel level) {
  // Programs started by a desktop, including terminals, inherit the journal's variable.
  if (::isatty(STDERR_FILENO) == 1) return frame_for_terminal(level);
  Frame frame;
  if (under_journal()) {
    const char priority[] = {'<', static_cast<char>('0' + static_cast<int>(level)), '>'};
    frame.append({priority, sizeof priority});
  }
  return frame;
}

}  // namespace

void set_log_level(LogLevel level) noexcept {
  max_level = level;
}

void show_log_times() noexcept {
  has_times = true;
}

bool log_enabled(LogLevel level) noexcept {
  return level <= max_level.load(std::memory_order_relaxed);
}

void write_log(LogLevel level, std::string_view line) noexcept {
  Frame frame = frame_of(level);
  std::array<char, kLogLineMax> text;
  const iovec pieces[] = {{frame.begin, frame.begin_size},
                          {text.data(), copy_printable(line, text)},
                          {const_cast<char*>(frame.end.data()), frame.end.size()}};
  // A log that cannot be written (closed terminal, full disk) must not stop the camera.
  [[maybe_unused]] const ssize_t ignored = ::writev(STDERR_FILENO, pieces, 3);
}

}  // namespace fanlight
