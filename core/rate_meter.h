// SPDX-License-Identifier: Apache-2.0
// RateMeter: pictures per second, measured from their capture times.
//
// Cameras and viewers are measured by the same definition: the intervals between the pictures of
// the last second, or one interval if it is longer. A viewer that gets every picture therefore has
// the same rate as its camera from the second picture on, whenever it joined.
#pragma once

#include <cstdint>
#include <limits>

#include "core/time.h"

namespace fanlight {

// The rate of pictures that arrive every `interval`, the last one `silence` ago; 0 when the
// interval is not known. A silence longer than two intervals counts as one interval.
inline double pictures_per_second(Duration interval, Duration silence) noexcept {
  if (interval <= Duration::zero()) return 0;
  return 1 / to_seconds(silence > 2 * interval ? silence : interval);
}

// Thread: its owner's.
class RateMeter {
 public:
  // A picture that was captured at `at`, later than the previous one.
  void add(Instant at) noexcept {
    if (last_ == Instant{}) began_ = last_ = at;
    if (at <= last_) return;
    last_ = at;
    ++intervals_;
    const bool is_whole = last_ - began_ >= kWindow || intervals_ == kIntervalsMax;
    // Until the first second is over, the mean so far is the best estimate.
    if (is_whole || !is_settled_) mean_us_ = in_us((last_ - began_) / intervals_);
    if (!is_whole) return;
    is_settled_ = true;
    began_ = last_;
    intervals_ = 0;
  }

  // Starts over: the gap between the pictures before and after is not an interval.
  void restart() noexcept { *this = {}; }

  // The mean interval; 0 while it is not known, which takes two pictures.
  Duration interval() const noexcept { return std::chrono::microseconds(mean_us_); }

  double per_second(Instant now) const noexcept {
    return pictures_per_second(interval(), now - last_);
  }

 private:
  static constexpr Duration kWindow = 1s;
  static constexpr uint16_t kIntervalsMax = std::numeric_limits<uint16_t>::max();

  static uint32_t in_us(Duration duration) noexcept {
    constexpr int64_t kMax = std::numeric_limits<uint32_t>::max();
    const int64_t us = duration / 1us;
    return static_cast<uint32_t>(us < 1 ? 1 : us > kMax ? kMax : us);
  }

  Instant began_{};  // when the first picture of the window was captured
  Instant last_{};   // when the newest one was; the epoch: none yet
  uint32_t mean_us_ = 0;
  uint16_t intervals_ = 0;   // of the window
  bool is_settled_ = false;  // one window was complete
};

}  // namespace fanlight
