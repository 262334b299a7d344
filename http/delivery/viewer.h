// SPDX-License-Identifier: Apache-2.0
// Viewer: one stream's place in the sequence of frames: what it has had, what it gets next.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/frame.h"
#include "core/list.h"
#include "core/prefetch.h"
#include "core/rate_meter.h"
#include "core/time.h"
#include "http/protocol/piece.h"

namespace fanlight {

class Channel;
class FrameSink;
class Framing;
class SendQueue;

// What the client asked for.
struct ViewerOptions {
  bool seed_boundary = false;      // boundary `frame` instead of `boundarydonotcross`
  bool advance_headers = false;    // the next part's head goes out with each frame
  bool dual_final_frames = false;  // the last frame before a pause once more, soon
  bool paced = false;              // held back by the budget of the wire
  bool peer_is_local = false;      // the socket's, a proxy's perhaps; decides about zero copy
  Duration interval{0};            // least time between two frames, 0: every frame
  uint64_t frames = 0;             // end after so many, 0: never
  Framing* framing = nullptr;      // what goes around each JPEG; nullptr: as it lies in the ring
};

// A viewer's link in one of two lists, and the mark that says in which; SendQueue keeps both.
class SendQueueHook : public ListHook<> {
 private:
  friend class SendQueue;
  bool is_queued_ = false;  // in the queue, else in the channel's list of idle viewers
};

// Owns: one pin (in its channel) on the frame that it is sending.
// Thread: its shard's.
// Invariants: sending at most one frame; the sequence of its frames never falls; linked by the
//   shard's SendQueue only while it is not sending, and not when it is destroyed.
class Viewer : public SendQueueHook {
 public:
  Viewer(FrameSink& sink, Channel& channel, const ViewerOptions& options, Instant now) noexcept;
  ~Viewer();

  // Whether the channel's newest frame should go to this viewer now. It should when the sink sends
  // nothing else, and when it is newer than the last one, its time has come (interval), and, for a
  // viewer slower than the camera, it is one of the frames that slow viewers share (FrameRing). A
  // frame that is not newer is sent again when the viewer got nothing for kRepeatAfter: dashboards
  // reconnect after 10 s of silence.
  bool wants_frame(Instant now) const noexcept;

  // When to ask again if no frame comes before; kNever: not before one comes.
  Instant ask_again_at() const noexcept;

  // Size of what begin_frame() would return, but for a constant suffix.
  size_t next_frame_bytes() const noexcept;

  // Pins the newest frame and returns what is to be sent.
  Piece begin_frame(Instant now) noexcept;

  // All of it was taken by the kernel: the pin goes, and the viewer's pace is known.
  void finish_frame(Instant now) noexcept;

  // Whether there is a frame that the stream can end with: not before its first, nor with an idle
  // camera's old one.
  bool can_end_with_frame() const noexcept;

  // The next frame, which may be the same again, ends the stream with its closing delimiter.
  void end_soon() noexcept;

  // Brings what wants_frame() needs into the caches, of the connection too: a stream's viewer lies
  // in its connection, behind what is sent.
  void prefetch() const noexcept {
    constexpr size_t kConnectionBytes = 64;
    fanlight::prefetch(reinterpret_cast<const char*>(this) - kConnectionBytes,
                       kConnectionBytes + sizeof *this);
  }

  // Whether it gets something, once it has had a frame, at least every kRepeatAfter.
  bool is_sent_to_often() const noexcept;

  bool is_sending() const noexcept { return frame_ != nullptr; }
  // Whether that is a picture of the camera, and not one that it has had already.
  bool is_sending_news() const noexcept {
    return is_sending() && !frame_->info().is_slate() && frame_->sequence() != last_sequence_;
  }
  bool is_finished() const noexcept { return finished_; }
  const Frame* frame() const noexcept { return frame_; }
  const ViewerOptions& options() const noexcept { return options_; }
  Channel& channel() const noexcept { return channel_; }
  FrameSink& sink() noexcept { return sink_; }
  uint64_t frames_sent() const noexcept { return frames_sent_; }
  // Pictures that were published since its first frame, and that it did not get.
  uint64_t frames_skipped() const noexcept { return frames_skipped_; }
  uint32_t step() const noexcept { return step_; }
  // Pictures per second that it gets; 0 before the second, and while it sees a slate.
  double measured_fps(Instant now) const noexcept { return rate_.per_second(now); }
  Instant joined_at() const noexcept { return joined_at_; }

 private:
  bool is_last() const noexcept { return ending_ || frames_sent_ + 1 == options_.frames; }
  bool is_newer() const noexcept;
  void note_news() noexcept;
  Piece piece_of_frame(Instant now) noexcept;
  Duration repeat_after(bool is_repeat) const noexcept;

  // Every frame touches every viewer, and its predecessor's bytes have driven this out of the
  // caches: what decides whether it wants one comes first and close together.
  FrameSink& sink_;
  Channel& channel_;
  const Frame* frame_ = nullptr;  // being sent
  uint64_t last_sequence_ = 0;
  Instant due_at_;           // not before (interval)
  Instant any_frame_from_;   // from then on it takes any newer frame, shared or not
  uint32_t step_ = 1;        // it starts on sequences divisible by this
  bool pace_known_ = false;  // a frame has been sent whole, so step_ is measured
  bool ending_ = false;
  bool finished_ = false;
  bool sending_last_ = false;  // the frame being sent is followed by the closing delimiter
  const ViewerOptions options_;
  uint64_t frames_sent_ = 0;
  uint64_t pictures_before_ = 0;  // Frame::pictures() of its last frame
  RateMeter rate_;                // of the pictures since its first, or the last slate
  Instant began_at_{};            // when the frame being sent was begun
  Instant repeat_at_;             // the same frame again from then on
  uint64_t frames_skipped_ = 0;
  const Instant joined_at_;
};

}  // namespace fanlight
