// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/viewer.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "http/delivery/channel.h"
#include "http/delivery/frame_sink.h"
#include "http/delivery/framing.h"
#include "http/delivery/replay.h"

namespace fanlight {
namespace {

// A viewer is never without a byte for 2 s, unless its own interval is longer; the rest of the 2 s
// is for the loop iterations until the bytes are sent.
constexpr Duration kRepeatAfter = 1900ms;

// The shortest pause of a camera that does not report its frame rate.
constexpr Duration kPauseMin = 100ms;

// How long a new viewer waits at most, and only if the ring is nearly full, for a frame that others
// share: dashboards give up after 10 s.
constexpr Duration kNewcomerWait = 8s;

// How long a viewer waits at most for a frame that others share. A slow one has bytes in the
// kernel's queue meanwhile: with a step of n/4 intervals it waits at most a quarter of its own
// pace, so this only matters when the camera itself slows down.
Duration longest_wait(Duration last_frame_took) {
  return std::max<Duration>(kRepeatAfter, last_frame_took / 2);
}

}  // namespace

Viewer::Viewer(FrameSink& sink, Channel& channel, const ViewerOptions& options,
               Instant now) noexcept
    : sink_(sink),
      channel_(&channel),
      replay_(options.replay),
      due_at_(now),
      any_frame_from_(now + kNewcomerWait),
      options_(options),
      repeat_at_(now + kRepeatAfter),
      joined_at_(now),
      home_(channel),
      rung_pace_(now) {
  // An idle camera's last picture may be hours old, so this viewer starts with the next one.
  if (replay_ == nullptr && channel.is_idle() && channel.newest() != nullptr) {
    last_sequence_ = seen_sequence_ = channel.newest()->sequence();
  }
  channel_->add_viewer(options.updates);
}

Viewer::Viewer(FrameSink& sink, Channel& channel, const ViewerOptions& options,
               const ViewerProgress& progress) noexcept
    : sink_(sink),
      channel_(&channel),
      last_sequence_(progress.last_sequence),
      seen_sequence_(progress.seen_sequence),
      due_at_(progress.due_at),
      any_frame_from_(progress.any_frame_from),
      step_(progress.step),
      pace_known_(progress.pace_known),
      options_(options),
      frames_sent_(progress.frames_sent),
      pictures_before_(progress.pictures_before),
      repeat_at_(progress.repeat_at),
      frames_skipped_(progress.frames_skipped),
      joined_at_(progress.joined_at),
      home_(channel),
      rung_pace_(progress.due_at) {
  channel_->add_viewer(options.updates);
}

Viewer::~Viewer() {
  if (frame_ != nullptr && frame_->is_in_ring()) channel_->unpin(*frame_);
  if (replay_ != nullptr) replay_->release();
  channel_->remove_viewer(options_.updates);
}

ViewerProgress Viewer::progress() const noexcept {
  CHECK(!is_sending());
  return {.last_sequence = last_sequence_,
          .seen_sequence = seen_sequence_,
          .frames_sent = frames_sent_,
          .frames_skipped = frames_skipped_,
          .pictures_before = pictures_before_,
          .step = step_,
          .pace_known = pace_known_,
          .due_at = due_at_,
          .any_frame_from = any_frame_from_,
          .repeat_at = repeat_at_,
          .joined_at = joined_at_};
}

// Whether the newest frame shows something newer than this viewer does.
bool Viewer::is_newer() const noexcept {
  return channel_->newest() != nullptr && channel_->newest()->sequence() > seen_sequence_ &&
         !is_newest_unchanged();
}

// What it was sent before its first frame is not known.
bool Viewer::is_newest_unchanged() const noexcept {
  return options_.updates && frames_sent_ > 0 && channel_->newest()->is_same_as(last_sequence_);
}

void Viewer::take_if_unchanged() noexcept {
  if (is_sending() || channel_->newest() == nullptr || !is_newest_unchanged()) return;
  const Frame& frame = *channel_->newest();
  if (frame.sequence() == seen_sequence_) return;
  seen_sequence_ = frame.sequence();
  const uint64_t pictures = frame.pictures() - std::exchange(pictures_before_, frame.pictures());
  rate_.add(frame.info().captured_at);
  channel_->stats().frames_unchanged.add(pictures);
  channel_->stats().bytes_spared.add(pictures * frame.jpeg().size());
}

bool Viewer::wants_frame(Instant now) const noexcept {
  CHECK(!is_sending() && !finished_);
  if (replay_ != nullptr) return !sink_.is_sending() && now >= replay_asks_at();
  if (channel_->newest() == nullptr || is_behind() || sink_.is_sending()) return false;
  if (ending_) return true;
  if (now < due_at_) return false;
  if (!is_newer()) return frames_sent_ > 0 && now >= repeat_at_;
  const uint32_t step = pace_known_ ? step_ : channel_->newcomer_step();
  return channel_->newest()->sequence() % step == 0 || now >= any_frame_from_;
}

// When the next frame of its replay is due, or the last one is to be repeated.
Instant Viewer::replay_asks_at() const noexcept {
  const Instant repeat_at = frames_sent_ > 0 ? repeat_at_ : kNever;
  return std::max(due_at_, std::min(replay_->due_at(), repeat_at));
}

Instant Viewer::ask_again_at() const noexcept {
  if (sink_.is_sending()) return kNever;  // it is settled when that is done
  if (replay_ != nullptr) return replay_asks_at();
  if (is_newer()) return std::max(due_at_, any_frame_from_);
  const bool is_lower = channel_->rung() > 0;
  if (is_behind() && !is_lower) return kNever;  // rung 0's frame is being encoded
  return frames_sent_ > 0 || is_lower ? std::max(due_at_, repeat_at_) : kNever;
}

// Whether the newest frame of this rung is older than what it has had of another.
bool Viewer::is_behind() const noexcept {
  return channel_->newest() == nullptr ? last_sequence_ > 0
                                       : channel_->newest()->sequence() < last_sequence_;
}

// Whether a lower rung gives it nothing, neither a newer frame nor one to repeat.
bool Viewer::is_stranded(Instant now) const noexcept {
  if (channel_->rung() == 0 || now < repeat_at_) return false;
  return is_behind() || (frames_sent_ == 0 && !is_newer());
}

Channel* Viewer::better_rung(Instant now) const noexcept {
  Channel& top = channel_->top();
  if (top.below() == nullptr || is_sending() || options_.updates || replay_ != nullptr) {
    return nullptr;
  }
  const bool ends_behind = ending_ && is_behind();
  if (channel_ != &top && (channel_->ring().is_withheld() || ends_behind || is_stranded(now))) {
    return &top;
  }
  if (ending_) return nullptr;
  if (options_.pinned) {
    const bool may_return = !home_.ring().is_withheld() && !rung_pace_.is_held(now);
    return channel_ != &home_ && may_return ? &home_ : nullptr;
  }
  Channel* wished = nullptr;
  if (move_ == RungPace::Move::down) wished = channel_->below();
  if (move_ == RungPace::Move::up) wished = channel_->above();
  return wished != nullptr && !wished->ring().is_withheld() ? wished : nullptr;
}

// What is repeated on rung 0 need not wait: another rung first has to be encoded.
void Viewer::move_to(Channel& channel, Instant now) noexcept {
  CHECK(!is_sending() && &channel != channel_);
  if (is_stranded(now)) {
    rung_pace_.hold(now);
  } else if (move_ != RungPace::Move::none) {
    channel_->stats().rung_moves.add();
  }
  if (!options_.pinned) {
    rung_pace_.moved(channel.rung() > channel_->rung() ? RungPace::Move::down : RungPace::Move::up,
                     now);
  }
  channel_->move_viewer(channel);
  channel_ = &channel;
  move_ = RungPace::Move::none;
  const Frame* newest = channel.newest();
  const bool is_next = newest != nullptr && newest->sequence() > seen_sequence_;
  const bool counts = is_next && !newest->info().is_slate();
  pictures_before_ = newest == nullptr ? 0 : newest->pictures() - (counts ? 1 : 0);
  step_ = 1;
  any_frame_from_ = now;
  if (channel.rung() > 0) repeat_at_ = now + kRepeatAfter;
}

size_t Viewer::next_frame_bytes() const noexcept {
  if (replay_ != nullptr) return replay_->next_bytes();
  CHECK(channel_->newest() != nullptr);
  const Frame& frame = *channel_->newest();
  return options_.framing != nullptr ? options_.framing->size_of(*this, frame)
                                     : frame.plain_part().size();
}

bool Viewer::is_last() const noexcept {
  if (options_.is_clip) return !replay_->has_next();
  return ending_ || frames_sent_ + 1 == options_.frames;
}

Piece Viewer::begin_frame(Instant now) noexcept {
  CHECK(!is_sending() && !finished_);
  if (replay_ != nullptr) {
    replay_->take(now);
    frame_ = &replay_->frame();
  } else {
    CHECK(channel_->newest() != nullptr);
    frame_ = channel_->newest();
    channel_->pin(*frame_);
  }
  CHECK(frame_->sequence() >= last_sequence_);
  if (frame_->sequence() > seen_sequence_) {
    note_news();
  } else {
    channel_->stats().frames_repeated.add();
  }
  began_at_ = now;
  // If it is late by more than an interval, the schedule restarts; otherwise the rhythm is kept.
  due_at_ = (now - due_at_ > options_.interval ? now : due_at_) + options_.interval;
  sending_last_ = is_last();
  return piece_of_frame(now);
}

Piece Viewer::piece_of_frame(Instant now) noexcept {
  if (options_.framing != nullptr) {
    return options_.framing->wrap(*this, *frame_, sending_last_, now);
  }
  const bool seed = options_.seed_boundary;
  const std::string_view body = options_.advance_headers ? frame_->jpeg() : frame_->bare_part();
  if (sending_last_) return {body, seed ? kSeedClosing : kClosing};
  if (seed) return {body, options_.advance_headers ? kSeedAdvanceTail : kSeedDelimiter};
  return {options_.advance_headers ? frame_->advance_part() : frame_->plain_part()};
}

// Counts only what was published while this viewer was watching: not sequence numbers used while no
// one was, pictures that the camera's side dropped, or slates.
void Viewer::note_news() noexcept {
  const FrameInfo& info = frame_->info();
  if (frames_sent_ > 0) {
    const uint64_t skipped = frame_->pictures() - pictures_before_ - (info.is_slate() ? 0 : 1);
    frames_skipped_ += skipped;
    channel_->stats().frames_skipped.add(skipped);
  }
  pictures_before_ = frame_->pictures();
  if (info.is_slate()) {
    rate_.restart();
  } else {
    rate_.add(info.captured_at + (replay_ != nullptr ? replay_->delay() : Duration(0)));
  }
}

void Viewer::finish_frame(Instant now) noexcept {
  CHECK(is_sending());
  // Not is_last(): the end may have been requested while this frame was being sent.
  finished_ = sending_last_;
  const bool is_repeat = last_sequence_ == frame_->sequence();
  last_sequence_ = frame_->sequence();
  seen_sequence_ = std::max(seen_sequence_, last_sequence_);
  ++frames_sent_;
  repeat_at_ = now + std::max(repeat_after(is_repeat), options_.interval);
  if (replay_ != nullptr) return continue_replay();
  const uint64_t intervals = channel_->newest()->sequence() - last_sequence_;
  step_ = channel_->ring().step_for(intervals);
  pace_known_ = true;
  any_frame_from_ = step_ == 1 ? now : now + longest_wait(now - began_at_);
  const bool may_move = !options_.pinned && channel_->top().below() != nullptr;
  if (may_move) move_ = rung_pace_.note_frame(now - began_at_, wanted_interval(), now);
  channel_->unpin(*frame_);
  frame_ = nullptr;
}

// After a frame of its replay.
void Viewer::continue_replay() noexcept {
  frame_ = nullptr;
  replay_->advance();
  if (replay_->has_next() && !ending_) return;
  was_cut_ = options_.is_clip && !finished_;
  end_replay();
}

// The newest frame follows, unless the viewer has it. What was published in the meantime is not
// skipped: it was not asked for.
void Viewer::end_replay() noexcept {
  std::exchange(replay_, nullptr)->release();
  rate_.restart();
  const Frame* newest = channel_->newest();
  if (newest == nullptr || newest->sequence() <= last_sequence_) return;
  pictures_before_ = newest->pictures() - (newest->info().is_slate() ? 0 : 1);
}

// WebKit shows a picture only when the next one begins, so clients that request it get the last one
// before a pause twice.
Duration Viewer::repeat_after(bool is_repeat) const noexcept {
  if (!options_.dual_final_frames || is_repeat) return kRepeatAfter;
  const Duration interval(channel_->top().ring().stats().interval_ns.value());
  return std::min(std::max(kPauseMin, interval * 3 / 2), kRepeatAfter);
}

// By the camera's pictures, or by its own choice. Where pictures are rare, one should not take
// long.
Duration Viewer::wanted_interval() const noexcept {
  const CaptureStats& stats = channel_->top().ring().stats();
  Duration interval(stats.measured_interval_ns.value());
  if (interval == Duration::zero()) interval = Duration(stats.interval_ns.value());
  if (interval == Duration::zero()) interval = kPauseMin;
  return std::max(std::min<Duration>(interval, 1s), options_.interval);
}

bool Viewer::is_sent_to_often() const noexcept {
  return options_.interval <= kRepeatAfter;
}

bool Viewer::can_end_with_frame() const noexcept {
  return frames_sent_ > 0 || (channel_->newest() != nullptr && is_newer());
}

void Viewer::end_soon() noexcept {
  ending_ = true;
  if (replay_ != nullptr && !is_sending()) end_replay();
}

}  // namespace fanlight
