// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/credit.h"

#include <algorithm>

namespace fanlight {
namespace {

// So many frames in time forgive all failures.
constexpr uint64_t kForgiveAfter = 1024;

}  // namespace

void Credit::note_message(Instant now) {
  ++received_;
  heard_at_ = now;
}

// Mostly updates have one part, and whole frames must come through, too.
void Credit::note_parts(uint64_t parts, bool is_update) {
  parts_ = is_update ? std::max(parts_, parts) : parts;
  if (!is_update) return;
  has_updates_ = true;
  whole_frames_ = 0;
}

bool Credit::note_frame(std::optional<Duration> age, Kind kind) {
  if (kind == Kind::whole && ++whole_frames_ >= kWholeFramesMax) has_updates_ = false;
  if (age) least_age_ = std::min(least_age_.value_or(*age), *age);
  const Duration lag_max = has_updates_ ? kLagMaxOfUpdates : kLagMax;
  const bool is_late = age && *age - *least_age_ > lag_max;
  in_time_ = is_late ? 0 : in_time_ + 1;
  const bool is_missing = kind == Kind::out_of_step;
  switch (mode_) {
    case Mode::polling:
      if (in_time_ >= trial_ || (is_missing && !is_late)) mode_ = Mode::streaming;
      // What is still on the way of this subscription would be the rest of another frame; after an
      // update, it may be the whole frame.
      is_subscribed_ =
          received_ < limits_.back() && (is_missing || (mode_ == Mode::streaming && parts_ == 1));
      return true;
    case Mode::streaming:
      if (in_time_ >= kForgiveAfter) trial_ = kTrialMin;
      if (!is_late) return true;
      mode_ = Mode::draining;
      trial_ = std::min(2 * trial_, kTrialMax);
      return false;
    case Mode::draining:
      return false;
  }
  return true;
}

// So many messages may be on the way.
uint64_t Credit::ahead() const {
  return std::max(kWindow * parts_, has_updates_ ? kWindowOfUpdates : 0);
}

std::optional<Credit::Order> Credit::take_order(Instant now) {
  const bool is_over = received_ >= limits_.back();
  const bool is_lost = now >= heard_at_ + kSilence && (mode_ != Mode::polling && is_at_old_limit());
  const bool is_drained = mode_ == Mode::draining && now >= heard_at_ + kSilence;
  if (is_over || is_lost || is_drained) {
    if (mode_ == Mode::draining || is_lost) begin_polling();
    is_subscribed_ = false;
  }
  if (!is_subscribed_) return subscribe(now);
  if (mode_ != Mode::streaming) return std::nullopt;
  const uint64_t limit = received_ + ahead();
  if (limit < limits_.back() + std::max<uint64_t>(ahead() / 2, 1)) return std::nullopt;
  std::shift_left(limits_.begin(), limits_.end(), 1);
  limits_.back() = limit;
  return Order{.is_new = false, .limit = limit};
}

Instant Credit::due() const {
  const bool may_be_over = mode_ == Mode::draining || is_at_old_limit();
  return may_be_over && mode_ != Mode::polling ? heard_at_ + kSilence : kNever;
}

void Credit::begin_polling() {
  mode_ = Mode::polling;
  in_time_ = 0;
}

// Except the newest one: when that is reached, there is no doubt.
bool Credit::is_at_old_limit() const {
  return received_ > 0 &&
         std::find(limits_.begin(), limits_.end() - 1, received_) != limits_.end() - 1;
}

// Polling may begin in the middle of a frame, whose rest precedes the first whole one, or with the
// update beside that.
Credit::Order Credit::subscribe(Instant now) {
  is_subscribed_ = true;
  received_ = 0;
  heard_at_ = now;
  limits_ = {};
  const uint64_t messages = mode_ == Mode::streaming ? ahead() : parts_ + (has_updates_ ? 1 : 0);
  limits_.back() = messages + (parts_ - 1);
  return {.is_new = true, .limit = limits_.back()};
}

}  // namespace fanlight
