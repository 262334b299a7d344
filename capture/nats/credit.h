// SPDX-License-Identifier: Apache-2.0
// Credit: how many messages the server may send before we have read them, so that what it keeps for
// us on a slow line is a few frames, and not the 64 MB that it would (its max_pending).
//
// NATS has no flow control for subscribers, but a subscription can be limited to a number of
// messages (UNSUB with max_msgs), and the limit can be raised while it is not reached. While frames
// arrive in time the limit is kept kWindow frames ahead: *streaming*, nothing is lost. When they
// arrive late, those that are on the way are read and not shown, *draining*, and from then on each
// frame is asked for by a new subscription once the one before is there: *polling*. What arrives is
// then the newest frame when the line became free, and the others are skipped at the server. After
// some frames in time streaming is tried again, and after each failure more of them are required.
//
// Among updates, which are small, a whole frame takes as long as many of them on a thin line, and
// what follows waits for it: then more messages may be on the way, and later. Of an update whose
// base was missed polling would only miss the next whole frame, too, so that streaming begins.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/time.h"

namespace fanlight {

// Owns: the state of a subscription. Thread: one.
// Invariant: at most kWindow frames are on the way, or kWindowOfUpdates messages if those are more.
class Credit {
 public:
  // Enough for 30 frames a second and a round trip of 200 ms.
  static constexpr uint64_t kWindow = 8;
  static constexpr uint64_t kWindowOfUpdates = 32;
  // Later than the quickest frame by this much is late.
  static constexpr Duration kLagMax = 250ms;
  static constexpr Duration kLagMaxOfUpdates = 2s;
  // After so many whole frames without an update between them, there are none.
  static constexpr uint64_t kWholeFramesMax = 8;
  // Silence after the limit may mean that the server reached it before it was raised.
  static constexpr Duration kSilence = 500ms;
  // Frames in time, before streaming is tried.
  static constexpr uint64_t kTrialMin = 2;
  static constexpr uint64_t kTrialMax = 256;

  // What is to be sent to the server.
  struct Order {
    bool is_new = false;  // a new subscription, or a higher limit of this one
    uint64_t limit = 0;   // messages of the subscription, from its beginning
  };

  // A message was received, of whatever kind.
  void note_message(Instant now);
  // It is a part of a frame, or of an update, of so many.
  void note_parts(uint64_t parts, bool is_update);
  enum class Kind : uint8_t {
    whole,
    update,
    out_of_step,  // an update whose base was missed
  };
  // It completed a frame, captured this long ago by the publisher's clock;
  // nothing: a repeated one, which is as old as it likes. False if the frame is too old to be
  // shown.
  bool note_frame(std::optional<Duration> age, Kind kind);
  // Frames that were skipped at the server are not lost.
  bool is_streaming() const { return mode_ == Mode::streaming; }

  // Carry it out; call until there is none.
  std::optional<Order> take_order(Instant now);
  // Call take_order() again at this time, if no message has come.
  Instant due() const;

 private:
  enum class Mode : uint8_t { polling, streaming, draining };

  uint64_t ahead() const;
  void begin_polling();
  bool is_at_old_limit() const;
  Order subscribe(Instant now);

  Mode mode_ = Mode::polling;
  bool is_subscribed_ = false;
  uint64_t received_ = 0;                // by this subscription
  std::array<uint64_t, 4> limits_{};     // the newest last
  Instant heard_at_{};                   // the newest message, or the subscription's beginning
  std::optional<Duration> least_age_{};  // of all frames: clocks differ
  uint64_t parts_ = 1;                   // of the newest whole frame, or of an update if more
  bool has_updates_ = false;
  uint64_t whole_frames_ = 0;   // since the last update
  uint64_t in_time_ = 0;        // frames in a row
  uint64_t trial_ = kTrialMin;  // as many of them are required
};

}  // namespace fanlight
