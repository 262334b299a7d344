// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace fanlight {
namespace {

std::atomic<LogLevel> max_level{LogLevel::info};

bool under_journal() {
  static const bool set = std::getenv("JOURNAL_STREAM") != nullptr;
  return set;
}

}  // namespace

void set_log_level(LogLevel level) noexcept {
  max_level = level;
}

bool log_enabled(LogLevel level) noexcept {
  return level <= max_level.load(std::memory_order_relaxed);
}

void write_log(LogLevel level, std::string_view line) noexcept {
  char priority[] = "<6>";
  priority[1] = static_cast<char>('0' + static_cast<int>(level));
  char newline = '\n';
  const iovec pieces[] = {{priority, under_journal() ? sizeof priority - 1 : 0},
                          {const_cast<char*>(line.data()), line.size()},
                          {&newline, 1}};
  // A log that cannot be written (closed terminal, full disk) must not stop the camera.
  [[maybe_unused]] const ssize_t ignored = ::writev(STDERR_FILENO, pieces, 3);
}

}  // namespace fanlight
