// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/update_cache.h"

#include <unistd.h>

#include <algorithm>

#include "core/check.h"

namespace fanlight {
namespace {

size_t round_up(size_t bytes, size_t page) {
  return (bytes + page - 1) / page * page;
}

}  // namespace

UpdateRef::UpdateRef(const UpdateRef& other) noexcept : cache_(other.cache_), slot_(other.slot_) {
  if (cache_ != nullptr) ++cache_->slots_[slot_].references;
}

std::string_view UpdateRef::bytes() const {
  CHECK(cache_ != nullptr);
  return cache_->slots_[slot_].bytes;
}

bool UpdateRef::is_empty() const {
  CHECK(cache_ != nullptr);
  return cache_->slots_[slot_].is_empty;
}

void UpdateRef::reset() noexcept {
  if (cache_ != nullptr) std::exchange(cache_, nullptr)->release(slot_);
}

UpdateCache::UpdateCache(const FrameRing& ring, const std::string& camera)
    : camera_(camera),
      memory_max_(ring.memory_limit() / kMemoryShare),
      page_(static_cast<size_t>(::sysconf(_SC_PAGESIZE))),
      stride_(
          round_up(std::min(kPrefixMax + ring.jpeg_capacity(), memory_max_ / kSlotsFilled), page_)),
      memory_(kSlots * stride_),
      plan_(ring.segments_max()) {
  entries_.reserve(kSlots);
  descriptions_.resize(ring.places());
}

UpdateCache::~UpdateCache() {
  forget();
  for (const Slot& slot : slots_) CHECK(slot.references == 0);
}

UpdateRef UpdateCache::get(const Frame& frame, uint64_t base) noexcept {
  if (!frame.can_update(base)) return {};
  if (frame.sequence() != entries_of_) forget();
  entries_of_ = frame.sequence();
  auto entry = std::find_if(entries_.begin(), entries_.end(),
                            [base](const Entry& known) { return known.base == base; });
  if (entry == entries_.end()) {
    if (entries_.size() == kSlots) return {};
    entries_.push_back({base, make(frame, base)});
    entry = entries_.end() - 1;
  }
  if (entry->slot == kWhole) return {};
  ++slots_[entry->slot].references;
  return {this, entry->slot};
}

void UpdateCache::forget() noexcept {
  for (const Entry& entry : entries_) {
    if (entry.slot != kWhole) release(entry.slot);
  }
  entries_.clear();
}

void UpdateCache::release(size_t slot) noexcept {
  CHECK(slots_[slot].references > 0);
  --slots_[slot].references;
}

// The slot that holds the update, with a reference for its entry.
size_t UpdateCache::make(const Frame& frame, uint64_t base) noexcept {
  const size_t whole = description_of(frame).size() + frame.jpeg().size();
  if (!plan_.make(frame, base)) return whole_instead(whole);
  const size_t needed = 2 * kFrameHeaderMax + plan_.text_max() + plan_.atlas_size();
  if (needed > stride_) return kWhole;

  const size_t number = find_free_slot();
  if (number == kSlots || !reserve(number, needed)) return kWhole;
  auto* const memory = reinterpret_cast<char*>(memory_.data() + number * stride_);
  const std::string_view bytes = assemble({memory, needed});
  if (bytes.size() >= frame.jpeg().size()) return whole_instead(whole);
  Slot& slot = slots_[number];
  slot.references = 1;
  slot.is_empty = plan_.is_empty();
  slot.bytes = bytes;
  note_size(bytes.size());
  return number;
}

// Where an update would not be smaller.
size_t UpdateCache::whole_instead(size_t bytes) noexcept {
  note_size(bytes);
  return kWhole;
}

void UpdateCache::note_size(size_t bytes) noexcept {
  constexpr size_t kMeanOf = 16;
  mean_bytes_ = mean_bytes_ == 0 ? bytes : (mean_bytes_ * (kMeanOf - 1) + bytes) / kMeanOf;
}

std::string_view UpdateCache::assemble(std::span<char> room) const noexcept {
  const size_t text = plan_.write_text(camera_, room.subspan(kFrameHeaderMax, plan_.text_max()));
  const std::string_view prefix = frame_description(room, text, plan_.atlas_size());
  char* const end = plan_.write_atlas(const_cast<char*>(prefix.data()) + prefix.size());
  CHECK(end <= room.data() + room.size());
  return {prefix.data(), static_cast<size_t>(end - prefix.data())};
}

// A frame in the same place as another one had no pin left.
std::string_view UpdateCache::description_of(const Frame& frame) noexcept {
  Description& description = descriptions_[frame.place()];
  if (std::exchange(description.sequence, frame.sequence()) == frame.sequence()) {
    return description.text;
  }
  TextWriter text{std::span(description.room).subspan(kFrameHeaderMax, kDescriptionMax)};
  describe_frame(camera_, frame.info(), text);
  return description.text = frame_description(description.room, text.size(), frame.jpeg().size());
}

// ---- memory ----

// The first one: recently used slots come first and stay in the cache.
size_t UpdateCache::find_free_slot() const noexcept {
  const auto free = std::find_if(slots_.begin(), slots_.end(),
                                 [](const Slot& slot) { return slot.references == 0; });
  return static_cast<size_t>(free - slots_.begin());
}

// Accounts for the memory that the update is about to touch; false if there may not be that much.
bool UpdateCache::reserve(size_t slot, size_t bytes) noexcept {
  const auto more = [&] {
    const size_t touched = slots_[slot].touched;
    return std::max(round_up(bytes, page_), touched) - touched;
  };
  if (held_bytes_ + more() > memory_max_) trim_free_slots();
  if (held_bytes_ + more() > memory_max_) return false;
  held_bytes_ += more();
  slots_[slot].touched = std::max(round_up(bytes, page_), slots_[slot].touched);
  return true;
}

void UpdateCache::trim_free_slots() noexcept {
  for (size_t i = 0; i < kSlots; ++i) {
    if (slots_[i].references > 0 || slots_[i].touched == 0) continue;
    memory_.give_back(i * stride_, slots_[i].touched);
    held_bytes_ -= std::exchange(slots_[i].touched, 0);
  }
}

}  // namespace fanlight
