// SPDX-License-Identifier: Apache-2.0
#include "http/state/access_log.h"

#include <utility>

#include "core/check.h"

namespace fanlight {

AccessLog::AccessLog() {
  filling_.reserve(kBufferBytes);
  writing_.reserve(kBufferBytes);
}

bool AccessLog::add(Instant now, std::string_view line) noexcept {
  CHECK(line.size() <= kLineBytesMax);
  const std::lock_guard lock(mutex_);
  // Of several shards some may be a little behind.
  if (second_began_ == Instant::min() || now - second_began_ >= 1s) {
    second_began_ = now;
    lines_in_second_ = 0;
  }
  const bool fits = line.size() + 1 <= kBufferBytes - filling_.size();
  if (!fits || lines_in_second_ >= kLinesPerSecond) {
    ++dropped_;
    return false;
  }
  ++lines_in_second_;
  if (filling_.empty()) changed_.notify_one();  // otherwise the writer is awake, or was woken
  filling_ += line;
  filling_ += '\n';
  return true;
}

AccessLog::Work AccessLog::wait_for_work() noexcept {
  std::unique_lock lock(mutex_);
  writing_.clear();
  changed_.wait(lock, [this] { return has_work(); });
  std::swap(filling_, writing_);
  return {.lines = writing_,
          .dropped = std::exchange(dropped_, 0),
          .must_reopen = std::exchange(must_reopen_, false),
          .must_stop = must_stop_};
}

void AccessLog::reopen() noexcept {
  const std::lock_guard lock(mutex_);
  must_reopen_ = true;
  changed_.notify_one();
}

void AccessLog::stop() noexcept {
  const std::lock_guard lock(mutex_);
  must_stop_ = true;
  changed_.notify_one();
}

}  // namespace fanlight
