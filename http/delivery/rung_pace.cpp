// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/rung_pace.h"

#include <algorithm>

#include "core/check.h"

namespace fanlight {

RungPace::Move RungPace::note_frame(Duration took, Duration interval, Instant now) noexcept {
  CHECK(interval > Duration::zero());
  spent_ += took;
  wanted_ += interval;
  if (now - span_begin_ < kSpan) return Move::none;
  const bool is_heavy = spent_ > wanted_ * kLoadMax;
  const bool is_easy = spent_ * kEasyPart <= wanted_;
  begin_span(now);
  if (!is_easy) easy_since_ = now;
  if (is_held(now)) return Move::none;
  if (is_heavy) return Move::down;
  return now - easy_since_ >= kTrialAfter * (1 << doublings_) ? Move::up : Move::none;
}

void RungPace::moved(Move move, Instant now) noexcept {
  begin_span(now);
  easy_since_ = now;
  if (move == Move::up) {
    up_at_ = now;
  } else {
    const bool has_failed = up_at_ != Instant::min() && now - up_at_ < kProven;
    doublings_ = has_failed ? std::min(doublings_ + 1, kDoublingsMax) : 0;
  }
}

void RungPace::begin_span(Instant now) noexcept {
  span_begin_ = now;
  spent_ = wanted_ = Duration(0);
}

}  // namespace fanlight
