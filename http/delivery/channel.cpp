// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/channel.h"

#include <utility>

#include "core/check.h"

namespace fanlight {

Channel::Channel(FrameRing& ring, ChannelStats& stats, std::string camera)
    : ring_(ring), stats_(stats), pins_(ring.places()), updates_(ring, std::move(camera)) {}

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
  stats_.update_memory.set(updates_.held_bytes());
  return true;
}

uint64_t Channel::take_reclaim() noexcept {
  const uint64_t through = ring_.reclaim_through();
  if (through <= reclaimed_through_) return 0;
  return reclaimed_through_ = through;
}

void Channel::add_viewer(bool of_updates) noexcept {
  ring_.watch();
  if (of_updates) ring_.watch_updates();
  stats_.viewers.add();
}

void Channel::remove_viewer(bool of_updates) noexcept {
  ring_.unwatch();
  if (of_updates) ring_.unwatch_updates();
  stats_.viewers.subtract();
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
