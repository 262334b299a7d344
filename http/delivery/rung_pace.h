// SPDX-License-Identifier: Apache-2.0
// RungPace: decides when a viewer's line is too thin for the rung that it is sent, or carries a
// larger one.
//
// The measure is the load: the time that sends took, until the kernel had accepted the last byte,
// divided by the time in which the viewer wants that many frames. Over a line that is fast enough
// sends take next to nothing; over one that is not they take as long as the line needs, so a load
// of 2 means that every second picture is missed. It is measured over spans of two seconds, or of a
// frame if that takes longer.
//
//   down: a span's load is above 2. A viewer then gets fewer than half of the pictures; a picture
//         of half the width needs about a third of the bytes, so that it gets nearly all. Between 1
//         and 2 it stays: fewer, but sharper pictures are no worse.
//   up:   for 30 s each span's load was at most 1/4, because a rung may have four times as many
//         bytes as the one below. This is necessary, but not sufficient: frames that fit into the
//         kernel's queue do not show how thin the line is. So the move is a trial.
//
// If the viewer has to go down again within a minute, the trial has failed, and the time to the
// next one is doubled, up to 4 min: a viewer of a thin line spends two seconds in four minutes on
// the larger rung, and one whose line has recovered returns after four minutes at the latest.
// Between a load of 1/4 and one of 2, and for the two seconds of a span, nothing changes.
#pragma once

#include <cstdint>

#include "core/time.h"

namespace fanlight {

// Owns: the measurements of one viewer. Thread: its shard's.
class RungPace {
 public:
  static constexpr Duration kSpan = 2s;
  static constexpr int kLoadMax = 2;
  static constexpr int kEasyPart = 4;  // a load of at most 1/kEasyPart is easy
  static constexpr Duration kTrialAfter = 30s;
  static constexpr unsigned kDoublingsMax = 3;  // of that
  static constexpr Duration kProven = 60s;

  enum class Move : uint8_t { none, down, up };

  explicit RungPace(Instant now) noexcept : span_begin_(now), easy_since_(now) {}

  // A frame was sent in `took`; the viewer wants one each `interval`, above 0. What should be done
  // now; if it is done, moved() follows.
  Move note_frame(Duration took, Duration interval, Instant now) noexcept;

  void moved(Move move, Instant now) noexcept;

  // The rung below gives no frames: no moves for as long as between two trials at most.
  void hold(Instant now) noexcept { hold_until_ = now + kTrialAfter * (1 << kDoublingsMax); }
  bool is_held(Instant now) const noexcept { return now < hold_until_; }

 private:
  void begin_span(Instant now) noexcept;

  Instant span_begin_;
  Duration spent_{0};   // sending, in this span
  Duration wanted_{0};  // in which the frames of this span should have been sent
  Instant easy_since_;
  Instant up_at_ = Instant::min();  // the last trial began
  Instant hold_until_ = Instant::min();
  unsigned doublings_ = 0;
};

}  // namespace fanlight
