// SPDX-License-Identifier: Apache-2.0
#include "tools/pressure/relief.h"

#include <algorithm>

namespace fanlight {

unsigned Relief::note(const Pressure& pressure, Instant now) noexcept {
  const bool is_pressed = pressure.is_hot || pressure.cpu > cpu_max_;
  const bool is_calm = !pressure.is_hot && pressure.cpu <= cpu_max_ - kCalmBelow;
  pressed_since_ = is_pressed ? std::min(pressed_since_, now) : kNever;
  calm_since_ = is_calm ? std::min(calm_since_, now) : kNever;
  if (is_pressed && now - pressed_since_ >= kRiseAfter) {
    level_ = std::min(level_ + 1, kLevels - 1);
    pressed_since_ = now;
  }
  if (is_calm && now - calm_since_ >= kFallAfter) {
    level_ -= std::min(level_, 1u);
    calm_since_ = now;
  }
  return level_;
}

}  // namespace fanlight
