// SPDX-License-Identifier: Apache-2.0
// Relief: what is given up, in which order, while the processor is overloaded or too hot.
//
//   level  given up
//   0      nothing
//   1      lower rungs that few watch (RungRelief::few): their viewers go to rung 0
//   2      all lower rungs
//   3..5   a half, three quarters, seven eighths of the pictures
//
// The level rises by one after three seconds of pressure, and again after each three more: as long
// as it takes to see what the last step has brought. It falls by one after twenty seconds without
// pressure in which the use stayed kCalmBelow under the limit: what was given up needs room when it
// comes back, and would otherwise go again.
#pragma once

#include "core/time.h"

namespace fanlight {

// What was measured in the last second.
struct Pressure {
  double cpu = 0;       // share of the machine, or of what its cgroup may use
  bool is_hot = false;  // the processor runs more slowly because it is too hot
};

// Owns: the level. Thread: main's.
class Relief {
 public:
  static constexpr unsigned kLevels = 6;
  static constexpr unsigned kNoRungs = 2;
  static constexpr Duration kRiseAfter = 3s;
  static constexpr Duration kFallAfter = 20s;
  static constexpr double kCalmBelow = 0.15;

  // `cpu_max`: the share above which there is pressure.
  explicit Relief(double cpu_max) noexcept : cpu_max_(cpu_max) {}

  // Once a second. The level from now on.
  unsigned note(const Pressure& pressure, Instant now) noexcept;

  unsigned level() const noexcept { return level_; }
  // Of how many pictures one is published.
  unsigned keep_every() const noexcept {
    return level_ <= kNoRungs ? 1 : 1u << (level_ - kNoRungs);
  }

 private:
  const double cpu_max_;
  unsigned level_ = 0;
  Instant pressed_since_ = kNever;
  Instant calm_since_ = kNever;
};

}  // namespace fanlight
