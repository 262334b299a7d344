// SPDX-License-Identifier: Apache-2.0
// SimClock: the time of the simulation, and its schedule.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "core/check.h"
#include "core/time.h"

namespace fanlight {

// Owns: the agenda. Thread: one.
// Invariants: time never goes back, and jumps over an action that is due only in jump(); actions
// run in the order of their instants, those of the same instant in the order in which they were
// planned.
class SimClock {
 public:
  // Names a planned action, so that it can be cancelled.
  using Appointment = std::pair<Instant, uint64_t>;

  Instant now() const { return now_; }

  // Plans `action` for an instant, which is not in the past.
  Appointment at(Instant when, std::function<void()> action) {
    CHECK(when >= now_ && when < kNever);
    const Appointment appointment{when, ++planned_};
    agenda_.emplace(appointment, std::move(action));
    return appointment;
  }
  Appointment after(Duration delay, std::function<void()> action) {
    return at(now_ + delay, std::move(action));
  }

  // Does nothing if the action has already run.
  void call_off(const Appointment& appointment) { agenda_.erase(appointment); }

  // When the next action is due; kNever if nothing is planned.
  Instant next() const { return agenda_.empty() ? kNever : agenda_.begin()->first.first; }

  // Runs everything that is due, including anything it plans for now. Returns whether there was
  // anything.
  bool run_due() {
    bool any = false;
    while (next() <= now_) {
      auto first = agenda_.extract(agenda_.begin());
      first.mapped()();
      any = true;
    }
    return any;
  }

  void advance_to(Instant when) {
    CHECK(when >= now_ && when < kNever);
    now_ = when;
  }

  // As when a machine resumes: everything that was due meanwhile is overdue.
  void jump(Duration duration) { advance_to(now_ + duration); }

 private:
  // Not the beginning of time, so that code which subtracts from it stays in range.
  Instant now_{std::chrono::hours(1)};
  uint64_t planned_ = 0;
  std::map<Appointment, std::function<void()>> agenda_;
};

}  // namespace fanlight
