// SPDX-License-Identifier: Apache-2.0
// Viewer: one stream's place in the sequence of frames: what it has had, and what it gets next.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/frame.h"
#include "core/list.h"
#include "core/prefetch.h"
#include "core/rate_meter.h"
#include "core/time.h"
#include "http/delivery/fair_share.h"
#include "http/delivery/rung_pace.h"
#include "http/protocol/piece.h"

namespace fanlight {

class Channel;
class FrameSink;
class Framing;
class Replay;
class SendQueue;

// What the client requested.
struct ViewerOptions {
  // Beyond what anybody waits for, so that sums with it are within the range of an Instant.
  static constexpr Duration kIntervalMax = std::chrono::hours(24 * 365);

  bool seed_boundary = false;      // boundary `frame` instead of `boundarydonotcross`
  bool advance_headers = false;    // the next part's head is sent with each frame
  bool dual_final_frames = false;  // the last frame before a pause is repeated soon
  bool updates = false;            // gets what changed instead of whole frames, where possible
  bool paced = false;              // subject to the wire's budget
  bool pinned = false;             // stays on the rung on which it begins
  bool is_clip = false;            // ends with its replay
  bool peer_is_local = false;      // the socket's peer, maybe a proxy; for zero copy
  Duration interval{0};            // least time between two frames, to kIntervalMax; 0: every one
  uint64_t frames = 0;             // end after this many, 0: never
  Framing* framing = nullptr;      // what surrounds each JPEG; nullptr: as stored in the ring
  Replay* replay = nullptr;        // what precedes the newest frames, or is all; the viewer's own
};

// How far a viewer has come: with its options, all that another process needs to go on with it. The
// instants are of the machine's monotonic clock, which processes share.
struct ViewerProgress {
  uint64_t last_sequence = 0;
  uint64_t seen_sequence = 0;
  uint64_t frames_sent = 0;
  uint64_t frames_skipped = 0;
  uint64_t pictures_before = 0;
  uint32_t step = 1;
  bool pace_known = false;
  Instant due_at{};
  Instant any_frame_from{};
  Instant repeat_at{};
  Instant joined_at{};

  bool operator==(const ViewerProgress&) const = default;
};

// A viewer's link in one of two lists, and a flag for which one; SendQueue maintains both.
class SendQueueHook : public ListHook<> {
 private:
  friend class SendQueue;
  bool is_queued_ = false;  // in the queue, else in the channel's list of idle viewers
};

// Owns: one pin (in its channel) on the frame it is sending; its replay, until that has ended. A
//   clip ends with it; any other stream continues with the newest frame.
// Thread: its shard's.
// Invariants: sending at most one frame; the sequence of its frames never decreases; linked by the
//   shard's SendQueue only while it is not sending, and not on destruction.
class Viewer : public SendQueueHook, public FairShare {
 public:
  Viewer(FrameSink& sink, Channel& channel, const ViewerOptions& options, Instant now) noexcept;
  // One that goes on where an earlier process left it. Its numbers are at most those that the
  // channel's ring continues from (FrameRing::continue_from()).
  Viewer(FrameSink& sink, Channel& channel, const ViewerOptions& options,
         const ViewerProgress& progress) noexcept;
  ~Viewer();

  // Whether the channel's newest frame should go to this viewer now. This holds if the sink is
  // sending nothing else, the frame is newer than the last one, the viewer's interval has passed,
  // and, for a viewer slower than the camera, the frame is one that slow viewers share (FrameRing).
  // A frame that is not newer is repeated if the viewer got nothing for kRepeatAfter: dashboards
  // reconnect after 10 s of silence.
  bool wants_frame(Instant now) const noexcept;

  // If the newest frame shows the same as what this viewer of updates has: counts it as received.
  void take_if_unchanged() noexcept;

  // The channel of the rung to which it should go now: a larger or smaller one, by the pace of its
  // line; rung 0 if this one is withheld or gives it nothing for kRepeatAfter; back to where it is
  // pinned. nullptr: none.
  Channel* better_rung(Instant now) const noexcept;

  // Goes there. Only while it is in no list.
  void move_to(Channel& channel, Instant now) noexcept;

  // When to call wants_frame() again if no frame arrives first; kNever: not until one arrives.
  Instant ask_again_at() const noexcept;

  // Size of what begin_frame() would return, except for a part of constant size.
  size_t next_frame_bytes() const noexcept;

  // Pins the newest frame and returns the piece to send.
  Piece begin_frame(Instant now) noexcept;

  // The kernel has taken all of it: releases the pin and measures the viewer's pace.
  void finish_frame(Instant now) noexcept;

  // Whether there is a frame to end the stream with: not before the viewer's first frame, and not
  // with an idle camera's old one.
  bool can_end_with_frame() const noexcept;

  // The next frame, maybe the same one again, ends the stream with its closing delimiter.
  void end_soon() noexcept;

  // Prefetches what wants_frame() needs, from the connection too: a stream's viewer is stored in
  // its connection, after the pointer to its virtual functions and what a send uses.
  void prefetch() const noexcept {
    constexpr size_t kConnectionBytes = 336;
    fanlight::prefetch(reinterpret_cast<const char*>(this) - kConnectionBytes,
                       kConnectionBytes + sizeof *this);
  }

  // Whether, after its first frame, it gets something at least every kRepeatAfter.
  bool is_sent_to_often() const noexcept;

  bool is_sending() const noexcept { return frame_ != nullptr; }
  // Whether the frame being sent is a picture of the camera that it has not had yet.
  bool is_sending_news() const noexcept {
    return is_sending() && !frame_->info().is_slate() && frame_->sequence() > seen_sequence_;
  }
  bool is_finished() const noexcept { return finished_; }
  // Whether end_soon() was called.
  bool is_ending() const noexcept { return ending_; }
  // Whether it is sent frames of the history.
  bool is_replaying() const noexcept { return replay_ != nullptr; }
  // It is finished, but frames of its replay were forgotten before it had them.
  bool was_cut() const noexcept { return was_cut_; }
  const Frame* frame() const noexcept { return frame_; }
  const ViewerOptions& options() const noexcept { return options_; }
  Channel& channel() const noexcept { return *channel_; }
  // That of the rung on which it began.
  Channel& home() const noexcept { return home_; }
  FrameSink& sink() noexcept { return sink_; }
  // The last frame that it was sent, 0 before the first.
  uint64_t last_sequence() const noexcept { return last_sequence_; }
  uint64_t frames_sent() const noexcept { return frames_sent_; }
  // Pictures published since its first frame that it did not get.
  uint64_t frames_skipped() const noexcept { return frames_skipped_; }
  uint32_t step() const noexcept { return step_; }
  // Pictures per second that it gets; 0 before the second, and while it gets a slate.
  double measured_fps(Instant now) const noexcept { return rate_.per_second(now); }
  Instant joined_at() const noexcept { return joined_at_; }
  // Only while it is not sending.
  ViewerProgress progress() const noexcept;

 private:
  bool is_last() const noexcept;
  bool is_newer() const noexcept;
  bool is_newest_unchanged() const noexcept;
  bool is_behind() const noexcept;
  bool is_stranded(Instant now) const noexcept;
  Duration wanted_interval() const noexcept;
  void note_news() noexcept;
  Instant replay_asks_at() const noexcept;
  void continue_replay() noexcept;
  void end_replay() noexcept;
  Piece piece_of_frame(Instant now) noexcept;
  Duration repeat_after(bool is_repeat) const noexcept;

  // Each frame touches every viewer, and the previous frame's bytes have evicted this memory from
  // the caches: the members that decide whether it wants a frame are first and close together.
  FrameSink& sink_;
  Channel* channel_;
  Replay* replay_ = nullptr;      // while it lasts, its frames are sent
  const Frame* frame_ = nullptr;  // being sent
  uint64_t last_sequence_ = 0;    // of the last frame that it was sent
  uint64_t seen_sequence_ = 0;    // of the last frame that it shows, which may be a newer one
  Instant due_at_;                // not before (interval)
  Instant any_frame_from_;        // from then on it takes any newer frame, shared or not
  uint32_t step_ = 1;             // it starts on sequences divisible by this
  bool pace_known_ = false;       // a whole frame has been sent, so step_ is measured
  bool ending_ = false;
  bool finished_ = false;
  bool was_cut_ = false;
  bool sending_last_ = false;  // the closing delimiter follows the frame being sent
  RungPace::Move move_ = RungPace::Move::none;  // wished for by its line
  const ViewerOptions options_;
  uint64_t frames_sent_ = 0;
  uint64_t pictures_before_ = 0;  // Frame::pictures() of the last one that it has received
  RateMeter rate_;                // of the pictures since its first frame, or the last slate
  Instant began_at_{};            // when the frame being sent was begun
  Instant repeat_at_;             // when to repeat the same frame
  uint64_t frames_skipped_ = 0;
  const Instant joined_at_;
  Channel& home_;  // where it began
  RungPace rung_pace_;
};

}  // namespace fanlight
