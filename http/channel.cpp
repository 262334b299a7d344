// SPDX-License-Identifier: Apache-2.0
#include "http/channel.h"

#include <utility>

#include "core/check.h"
#include "http/connection.h"

namespace fanlight {
namespace {

// The viewers that were served first with one frame move behind the others for the next, a seventh
// of them at a time: without it the same ones would always be first and the same always last. Not
// where some still wait for the frame before: then the line itself is fair, and turning it is not.
constexpr size_t kRotation = 7;

}  // namespace

Channel::Channel(FrameRing& ring, ChannelStats& stats, Turns& turns)
    : ring_(ring), stats_(stats), turns_(turns), pins_(ring.places()) {}

Channel::~Channel() {
  if (newest_ != nullptr) unpin(*std::exchange(newest_, nullptr));
  for (const Pin& pin : pins_) CHECK(pin.count == 0);
}

bool Channel::refresh(Instant now) noexcept {
  FrameRef newer = ring_.newer_than(newest_ == nullptr ? 0 : newest_->sequence());
  if (!newer) return false;
  const Frame* before = newest_;
  Pin& pin = pins_[newer->place()];
  CHECK(pin.count == 0);
  pin.ref = std::move(newer);
  pin.count = 1;
  newest_ = pin.ref.get();
  if (before != nullptr) unpin(*before);

  const size_t moved = turns_.nobody_waits() ? idle_.size() / kRotation : 0;
  for (size_t i = moved; i > 0; --i) idle_.push_back(idle_.pop_front());
  for (size_t i = idle_.size(); i > 0; --i) {
    Viewer& viewer = idle_.front();
    if (const Viewer* next = idle_.next(viewer)) next->prefetch();
    settle(viewer, now);
  }
  return true;
}

uint64_t Channel::take_reclaim() noexcept {
  const uint64_t through = ring_.reclaim_through();
  if (through <= reclaimed_through_) return 0;
  return reclaimed_through_ = through;
}

void Channel::withdraw(Viewer& viewer) noexcept {
  if (!viewer.is_linked()) return;
  if (viewer.in_line_) {
    turns_.remove(viewer);
  } else {
    idle_.remove(viewer);
  }
}

void Channel::settle(Viewer& viewer, Instant now) noexcept {
  const bool wants = viewer.wants_frame(now);
  // Whoever waits already keeps the place in the line.
  if (wants && viewer.is_linked() && viewer.in_line_) return;
  withdraw(viewer);
  viewer.in_line_ = wants;
  if (wants) return turns_.add(viewer);
  idle_.push_back(viewer);
  const Instant ask_again_at = viewer.ask_again_at();
  if (ask_again_at != kNever) viewer.connection().ensure_timer(ask_again_at);
}

void Channel::join(Viewer&) noexcept {
  ring_.watch();
  stats_.viewers.add();
}

void Channel::leave(Viewer& viewer) noexcept {
  withdraw(viewer);
  ring_.unwatch();
  stats_.viewers.subtract();
}

void Channel::pin(const Frame& frame) noexcept {
  Pin& pin = pins_[frame.place()];
  CHECK(pin.count > 0);
  ++pin.count;
}

void Channel::unpin(const Frame& frame) noexcept {
  Pin& pin = pins_[frame.place()];
  CHECK(pin.count > 0);
  if (--pin.count == 0) pin.ref.reset();
}

}  // namespace fanlight
