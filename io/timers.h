// SPDX-License-Identifier: Apache-2.0
// Timers: deadlines of one shard's connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/check.h"
#include "core/time.h"

namespace fanlight {

// One deadline, embedded in its owner.
// Thread: its owner's shard. Invariant: not set when destroyed; the address never changes.
class Timer {
 public:
  using Handler = void (*)(void* owner) noexcept;
  Timer(void* owner, Handler handler) : owner_(owner), handler_(handler) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { CHECK(!is_set()); }

  bool is_set() const { return index_ != kUnset; }

 private:
  friend class Timers;
  static constexpr uint32_t kUnset = ~0u;
  void* owner_;
  Handler handler_;
  uint32_t index_ = kUnset;
};

template <auto Method, class Owner>
Timer bind_timer(Owner* owner) {
  return {owner, [](void* object) noexcept { (static_cast<Owner*>(object)->*Method)(); }};
}

// Owns: a binary heap of deadlines; setting, moving and clearing one takes O(log n) and allocates
//   only beyond the capacity given at the start.
// Thread: one.
class Timers {
 public:
  static constexpr size_t kBytesPerTimer = sizeof(Instant) + sizeof(Timer*);

  explicit Timers(size_t capacity) { heap_.reserve(capacity); }
  ~Timers() { CHECK(heap_.empty()); }

  // Sets or moves the timer. A handler called by run() cannot set one to a time that run() is still
  // working on: such a deadline becomes the next nanosecond.
  void set(Timer& timer, Instant deadline) noexcept;
  void clear(Timer& timer) noexcept;

  // The earliest deadline, kNever when there is none.
  Instant next() const noexcept { return heap_.empty() ? kNever : heap_.front().deadline; }

  // Clears and calls every timer whose deadline is at or before `now`, in the order of deadlines.
  // A handler may set and clear timers, including its own and others that are due; a timer it sets
  // runs in a later call, so that no handler can keep the loop here.
  void run(Instant now) noexcept;

 private:
  struct Entry {
    Instant deadline;
    Timer* timer;
  };
  void place(size_t index, Entry entry) noexcept;
  void sift_up(size_t index) noexcept;
  void sift_down(size_t index) noexcept;

  std::vector<Entry> heap_;
  Instant running_ = Instant::min();  // the time run() is working on, else the beginning
};

}  // namespace fanlight
