// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/replay.h"

namespace fanlight {

Replay::Replay(const ReplayPlace& place, FrameHistory& history, AddressTable::Entry share) noexcept
    : place_(place), history_(history), share_(share) {
  history_.keep();
}

Replay::~Replay() {
  history_.stop_keeping();
}

bool Replay::read(uint64_t sequence) noexcept {
  return place_.reader.read(history_, sequence, place_.room, frame_);
}

bool Replay::begin(const ReplayOptions& options, Instant now) noexcept {
  options_ = options;
  delay_ = now - options.first.at;
  if (!read(options.first.sequence)) return false;
  shown_ = options.first;
  next_ = options.first;
  is_loaded_ = true;
  return true;
}

Instant Replay::due_at() const noexcept {
  if (!next_) return kNever;
  return options_.pace == ReplayPace::fastest ? Instant::min() : next_->at + delay_;
}

size_t Replay::next_bytes() const noexcept {
  return next_ ? next_->jpeg_size : shown_.jpeg_size;
}

// A client that was slow gets the newest of those that are due.
void Replay::take(Instant now) noexcept {
  if (!next_ || now < due_at()) return;
  if (options_.pace == ReplayPace::original) {
    auto due = history_.find_at(now - delay_);
    if (due && due->sequence > options_.last.sequence) due = options_.last;
    if (due && due->sequence > next_->sequence) {
      next_ = due;
      is_loaded_ = false;
    }
  }
  // If it has been forgotten since it was found, advance() finds what is still there.
  if (is_loaded_ || read(next_->sequence)) shown_ = *next_;
  next_ = find_next();
  is_loaded_ = false;
}

void Replay::advance() noexcept {
  next_ = find_next();
  if (!next_ || options_.pace == ReplayPace::original) return;
  // Nothing has been forgotten in between as long as the frame before is there.
  const auto range = history_.range();
  is_loaded_ = range && range->oldest.sequence <= shown_.sequence && read(next_->sequence);
  if (!is_loaded_) next_.reset();
}

std::optional<HistoryPoint> Replay::find_next() noexcept {
  const auto found = history_.find_after(shown_.sequence, shown_.at + options_.interval);
  return found && found->sequence <= options_.last.sequence ? found : std::nullopt;
}

}  // namespace fanlight
