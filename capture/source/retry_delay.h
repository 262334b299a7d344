// SPDX-License-Identifier: Apache-2.0
// RetryDelay: how long to wait before the next try, longer with each that fails.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/random.h"
#include "core/time.h"

namespace fanlight {

// Owns: nothing; a value. Thread: one.
class RetryDelay {
 public:
  // The first delay is `min`, each further one twice as long, up to `max`; all give or take a
  // quarter, so that those who lost the same server do not come back at the same moment. `seed`:
  // any number that differs between them.
  RetryDelay(Duration min, Duration max, Instant seed)
      : min_(min),
        max_(max),
        delay_(min),
        jitter_(static_cast<uint64_t>(seed.time_since_epoch().count())) {}

  Duration next() noexcept {
    const Duration delay = from_seconds(to_seconds(delay_) * (0.75 + 0.5 * jitter_.unit()));
    delay_ = std::min(2 * delay_, max_);
    return delay;
  }
  // It works: the next delay is the first again.
  void reset() noexcept { delay_ = min_; }

 private:
  const Duration min_;
  const Duration max_;
  Duration delay_;
  Random jitter_;
};

}  // namespace fanlight
