// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/channel.h"

#include <utility>

#include "core/check.h"

namespace fanlight {

Channel::Channel(FrameRing& ring, ChannelStats& stats, const std::string& camera, Channel* above)
    : ring_(ring),
      stats_(stats),
      above_(above),
      top_(above == nullptr ? this : above->top_),
      rung_(above == nullptr ? 0 : above->rung_ + 1),
      pins_(ring.places()),
      updates_(ring, camera) {
  CHECK(rung_ < kRungsMax);
  if (above != nullptr) above->below_ = this;
}

Channel::~Channel() {
  if (newest_ != nullptr) unpin(*std::exchange(newest_, nullptr));
  for (const Pin& pin : pins_) CHECK(pin.count == 0);
}

bool Channel::refresh() noexcept {
  FrameRef newer = ring_.newer_than(newest_ == nullptr ? 0 : newest_->sequence());
  if (!newer) return false;
  const Frame* before = newest_;
  newest_ = &keep(std::move(newer));
  if (before != nullptr) unpin(*before);
  updates_.forget();
  // Only rung 0 has updates.
  if (above_ == nullptr) stats_.update_memory.set(updates_.held_bytes());
  return true;
}

uint64_t Channel::take_reclaim() noexcept {
  const uint64_t through = ring_.reclaim_through();
  if (through <= reclaimed_through_) return 0;
  return reclaimed_through_ = through;
}

void Channel::watch() noexcept {
  if (above_ != nullptr) top_->ring_.watch();
  ring_.watch();
}

void Channel::unwatch() noexcept {
  ring_.unwatch();
  if (above_ != nullptr) top_->ring_.unwatch();
}

void Channel::add_viewer(bool of_updates) noexcept {
  watch();
  if (of_updates) ring_.watch_updates();
  stats_.viewers.add();
  stats_.rung_viewers[rung_].add();
}

void Channel::remove_viewer(bool of_updates) noexcept {
  unwatch();
  if (of_updates) ring_.unwatch_updates();
  stats_.viewers.subtract();
  stats_.rung_viewers[rung_].subtract();
}

void Channel::move_viewer(Channel& to) noexcept {
  CHECK(to.top_ == top_);
  to.watch();  // first, so that the camera is watched throughout
  unwatch();
  stats_.rung_viewers[rung_].subtract();
  stats_.rung_viewers[to.rung_].add();
}

void Channel::pin(const Frame& frame) noexcept {
  Pin& pin = pins_[frame.place()];
  CHECK(pin.count > 0);
  ++pin.count;
}

// One more pin: the first keeps the reference, which the others do not need.
const Frame& Channel::keep(FrameRef ref) noexcept {
  Pin& pin = pins_[ref->place()];
  if (pin.count++ == 0) pin.ref = std::move(ref);
  return *pin.ref;
}

const Frame* Channel::pin_sequence(uint64_t sequence) noexcept {
  FrameRef found = ring_.find(sequence);
  return found ? &keep(std::move(found)) : nullptr;
}

void Channel::unpin(const Frame& frame) noexcept {
  Pin& pin = pins_[frame.place()];
  CHECK(pin.count > 0);
  if (--pin.count == 0) pin.ref.reset();
}

}  // namespace fanlight
