// SPDX-License-Identifier: Apache-2.0
#include "io/timers.h"

namespace fanlight {

void Timers::place(size_t index, Entry entry) noexcept {
  heap_[index] = entry;
  entry.timer->index_ = static_cast<uint32_t>(index);
}

void Timers::sift_up(size_t index) noexcept {
  const Entry moving = heap_[index];
  while (index > 0) {
    const size_t parent = (index - 1) / 2;
    if (heap_[parent].deadline <= moving.deadline) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, moving);
}

void Timers::sift_down(size_t index) noexcept {
  const Entry moving = heap_[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].deadline < heap_[child].deadline) ++child;
    if (moving.deadline <= heap_[child].deadline) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, moving);
}

void Timers::set(Timer& timer, Instant deadline) noexcept {
  if (deadline <= running_) deadline = running_ + Duration(1);
  if (!timer.is_set()) {
    timer.index_ = static_cast<uint32_t>(heap_.size());
    heap_.push_back({deadline, &timer});
    sift_up(timer.index_);
    return;
  }
  const Instant before = heap_[timer.index_].deadline;
  heap_[timer.index_].deadline = deadline;
  if (deadline < before) {
    sift_up(timer.index_);
  } else {
    sift_down(timer.index_);
  }
}

void Timers::clear(Timer& timer) noexcept {
  if (!timer.is_set()) return;
  const size_t index = timer.index_;
  CHECK(heap_[index].timer == &timer);
  timer.index_ = Timer::kUnset;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (last.timer == &timer) return;
  place(index, last);
  sift_up(index);
  sift_down(last.timer->index_);
}

void Timers::run(Instant now) noexcept {
  CHECK(now < kNever && running_ == Instant::min());
  running_ = now;
  while (next() <= now) {
    Timer& timer = *heap_.front().timer;
    clear(timer);
    timer.handler_(timer.owner_);
  }
  running_ = Instant::min();
}

}  // namespace fanlight
