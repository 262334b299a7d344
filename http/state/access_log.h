// SPDX-License-Identifier: Apache-2.0
// AccessLog: lines about requests, on their way from the shards to the thread that writes them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "core/time.h"

namespace fanlight {

// Owns: two buffers of fixed size: one is filled while the other is written.
// Thread: add() by any shard; the rest by the writer's thread, except stop() and reopen(), by any.
// Invariants: no shard waits for the file: the lock is held for a copy of one line, or an exchange
//   of the buffers; what does not fit, or comes faster than kLinesPerSecond, is counted instead.
class AccessLog {
 public:
  static constexpr size_t kLineBytesMax = 4096;
  static constexpr size_t kBufferBytes = 256 << 10;
  static constexpr uint64_t kLinesPerSecond = 1000;

  AccessLog();

  // A line without its end, of at most kLineBytesMax bytes. False: it was dropped.
  bool add(Instant now, std::string_view line) noexcept;

  struct Work {
    std::string_view lines;    // whole ones; valid until the next wait_for_work()
    uint64_t dropped = 0;      // lines, since the last call
    bool must_reopen = false;  // the file, before `lines` are written
    bool must_stop = false;    // after that
  };
  // Waits until there is something to do.
  Work wait_for_work() noexcept;

  // The file may have been renamed: it is to be opened again.
  void reopen() noexcept;
  // What was added until now is still to be written.
  void stop() noexcept;

 private:
  bool has_work() const noexcept {
    return !filling_.empty() || dropped_ > 0 || must_reopen_ || must_stop_;
  }

  std::mutex mutex_;  // guards everything below, except `writing_`
  std::condition_variable changed_;
  std::string filling_;
  std::string writing_;
  Instant second_began_ = Instant::min();
  uint64_t lines_in_second_ = 0;
  uint64_t dropped_ = 0;
  bool must_reopen_ = false;
  bool must_stop_ = false;
};

}  // namespace fanlight
