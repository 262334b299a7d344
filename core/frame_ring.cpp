// SPDX-License-Identifier: Apache-2.0
#include "core/frame_ring.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "core/check.h"

namespace fanlight {
namespace {

// Below this many free places the oldest frame is reclaimed: one place for the frame that is being
// written, one because readers release a frame one loop iteration later.
constexpr size_t kReservePlaces = 2;

size_t round_up(size_t bytes, size_t page) {
  return (bytes + page - 1) / page * page;
}

// A camera's segments have many more bytes, at least those of its largest pictures.
// Frames with more segments than this permits are not divided.
constexpr size_t kSegmentBytesMin = 64;

size_t segments_max_of(size_t jpeg_capacity) {
  return std::min(jpeg_capacity / kSegmentBytesMin, kSegmentsMax);
}

// From the place's start to the list of a JPEG's segments.
size_t list_offset(size_t jpeg_size) {
  return round_up(kPartHeadroom + jpeg_size + kPartTailSize, alignof(Segment));
}

// Everything that a place holds.
size_t place_size(size_t jpeg_size, size_t segments) {
  return list_offset(jpeg_size) + (segments == 0 ? 0 : (segments + 1) * sizeof(Segment));
}

// Where newcomers start when this share of the ring is used. A gentler slope was tried in
// simulation and does not hold: newcomers who turned out to be slow filled the ring before the
// first of them had finished.
uint32_t step_at(double used) {
  const double room = std::max(1.0 - used, 1.0 / 128);
  const auto step = static_cast<uint32_t>(1.0 / (room * room * room));
  return std::min(std::bit_floor(step), FrameRing::kNewcomerStepMax);
}

}  // namespace

FrameRef::FrameRef(FrameRef&& other) noexcept
    : ring_(other.ring_), frame_(std::exchange(other.frame_, nullptr)) {}

FrameRef& FrameRef::operator=(FrameRef&& other) noexcept {
  if (this != &other) {
    reset();
    ring_ = other.ring_;
    frame_ = std::exchange(other.frame_, nullptr);
  }
  return *this;
}

void FrameRef::reset() noexcept {
  if (frame_ != nullptr) ring_->release(*std::exchange(frame_, nullptr));
}

FrameRing::FrameRing(const FrameRingConfig& config)
    : window_(config.window),
      jpeg_capacity_(config.jpeg_capacity),
      segments_max_(segments_max_of(config.jpeg_capacity)),
      memory_limit_(config.memory_limit),
      detach_pages_(config.detach_pages),
      page_size_(static_cast<size_t>(::sysconf(_SC_PAGESIZE))),
      stride_(round_up(place_size(jpeg_capacity_, segments_max_), page_size_)),
      places_(config.window * kPlacesPerWindow),
      memory_(stride_ * places_.size()) {
  CHECK(window_ >= 2 && window_ <= 32 && std::has_single_bit(window_));
  CHECK(jpeg_capacity_ > 0);
  for (uint32_t i = 0; i < places_.size(); ++i) places_[i].frame.place_ = i;
}

FrameRing::~FrameRing() {
  for (const Place& place : places_) CHECK(place.pins.load() == 0);
}

// Succeeds only when no reader pins the place. Acquire order: the readers' last reads of the old
// picture precede our writes of the new one (they release with release order).
bool FrameRing::try_take(uint32_t index) noexcept {
  uint32_t unpinned = 0;
  Place& place = places_[index];
  if (!place.pins.compare_exchange_strong(unpinned, kWriting, std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
    return false;
  }
  // From here on the old picture is gone. A reader that still takes this place for the newest one
  // must not find a frame in it, even after abandon().
  place.frame.info_.sequence = kNoSequence;
  return true;
}

FrameRing::Acquired FrameRing::acquire() noexcept {
  uint32_t index = keeps_older() ? take_oldest(0) : kNone;
  if (index == kNone) index = take_any();
  if (index == kNone) {
    stats_.dropped_no_place.add();
    // No publish follows to wake the readers.
    if (relieve(0)) wake_readers();
    return {};
  }
  if (detach_pages_) give_back(index);
  return {true, {index, {memory_of(index) + kPartHeadroom, jpeg_capacity_}}};
}

// The first free place wins: recently used places come first and stay in the cache, and the rest of
// the ring is never touched as long as no viewer is slow. kNone if there is none.
uint32_t FrameRing::take_any() noexcept {
  const uint32_t newest = newest_.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < places_.size(); ++i) {
    if (i != newest && try_take(i)) return i;
  }
  return kNone;
}

// The free place with the oldest frame, or with none, that holds memory of at least so many bytes.
// Readers who look for a frame pin each place for a moment: then the next oldest is taken. kNone
// when there is none.
uint32_t FrameRing::take_oldest(size_t touched_min) noexcept {
  constexpr int kTries = 4;
  for (int i = 0; i < kTries; ++i) {
    const uint32_t oldest = oldest_free(touched_min);
    if (oldest == kNone || try_take(oldest)) return oldest;
  }
  return kNone;
}

uint32_t FrameRing::oldest_free(size_t touched_min) const noexcept {
  uint32_t oldest = kNone;
  for (uint32_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    if (place.pins.load(std::memory_order_relaxed) != 0 || place.touched < touched_min) continue;
    if (i == newest_.load(std::memory_order_relaxed)) continue;
    if (oldest == kNone || place.frame.sequence() < places_[oldest].frame.sequence()) oldest = i;
  }
  return oldest;
}

bool FrameRing::keeps_older() const noexcept {
  return keep_until_.load(std::memory_order_relaxed) > newest_at_;
}

void FrameRing::abandon(const FramePlace& place) noexcept {
  // Subtracted, not stored: a reader may be about to undo a pin that it set in vain.
  const uint32_t before = places_[place.index].pins.fetch_sub(kWriting, std::memory_order_release);
  CHECK(before & kWriting);
}

std::span<Segment> FrameRing::segment_room(const FramePlace& place, size_t jpeg_size) noexcept {
  CHECK(jpeg_size <= jpeg_capacity_);
  std::byte* list = memory_of(place.index) + list_offset(jpeg_size);
  return {reinterpret_cast<Segment*>(list), segments_max_ + 1};
}

void FrameRing::publish(const FramePlace& place, size_t jpeg_size, const FrameInfo& info,
                        const SegmentGrid& grid) noexcept {
  CHECK(jpeg_size > 0 && jpeg_size <= jpeg_capacity_);
  CHECK(info.sequence > newest_sequence_);
  Place& target = places_[place.index];
  CHECK(target.pins.load(std::memory_order_relaxed) & kWriting);

  auto* start = reinterpret_cast<char*>(memory_of(place.index));
  char* jpeg = start + kPartHeadroom;
  target.frame.jpeg_ = jpeg;
  target.frame.jpeg_size_ = jpeg_size;
  target.frame.head_size_ =
      write_part_head(std::span<char, kPartHeadroom>(start, kPartHeadroom), jpeg_size,
                      info.captured_wall, info.sequence, info.slate_reason.view());
  target.frame.info_ = info;
  target.frame.pictures_ =
      pictures_before_ + stats_.encoded.value() - stats_.slates.value() + (info.is_slate() ? 0 : 1);
  write_part_tail(jpeg + jpeg_size);
  target.frame.segments_ = segment_room(place, jpeg_size).data();
  set_segments(target, grid);

  const size_t touched = round_up(place_size(jpeg_size, grid.count()), page_size_);
  if (touched > target.touched) {
    touched_bytes_.add(touched - target.touched);
    target.touched = touched;
  }
  newest_sequence_ = info.sequence;
  newest_at_ = info.captured_at;
  target.pins.fetch_sub(kWriting, std::memory_order_release);
  newest_.store(place.index, std::memory_order_release);

  count_published(info);
  count_pinned();
  wake_readers();
}

void FrameRing::continue_from(uint64_t sequence, uint64_t pictures) noexcept {
  CHECK(newest_.load() == kNone);
  newest_sequence_ = sequence_before_ = sequence;
  pictures_before_ = pictures;
}

FrameRing::Continuation FrameRing::continuation() noexcept {
  const FrameRef newest = newer_than(0);
  if (!newest) return {sequence_before_, pictures_before_};
  return {newest->sequence(), newest->pictures()};
}

// The newest frame so far is the one that most readers have.
void FrameRing::set_segments(Place& place, const SegmentGrid& grid) const noexcept {
  CHECK(grid.count() <= segments_max_);
  Frame& frame = place.frame;
  frame.grid_ = grid;
  frame.oldest_base_ = frame.changed_at_ = frame.sequence();
  const uint32_t newest = newest_.load(std::memory_order_relaxed);
  if (grid.count() == 0 || newest == kNone) return;
  const Frame& before = places_[newest].frame;
  const SegmentIndex segments = frame.segments();
  if (!(before.grid_ == grid) || before.segments().head() != segments.head()) return;
  frame.oldest_base_ = before.oldest_base_;
  uint32_t least = UINT32_MAX;
  for (size_t i = 0; i < grid.count(); ++i) least = std::min(least, segments.segments[i].age);
  frame.changed_at_ -= std::min<uint64_t>(least, frame.changed_at_);
}

void FrameRing::count_published(const FrameInfo& info) noexcept {
  stats_.encoded.add();
  stats_.width.set(static_cast<uint64_t>(info.width));
  stats_.height.set(static_cast<uint64_t>(info.height));
  if (info.is_slate()) return stats_.slates.add();
  stats_.pictured_at_ns.set(static_cast<uint64_t>(info.captured_at.time_since_epoch().count()));
}

void FrameRing::wake_readers() noexcept {
  for (Waker* reader : readers_) reader->wake();
}

// Measures how much of the ring is held, derives the newcomers' step from it, and relieves the ring
// when it is nearly full.
void FrameRing::count_pinned() noexcept {
  size_t pinned = 0;
  size_t pinned_bytes = 0;
  for (uint32_t i = 0; i < places_.size(); ++i) {
    const bool held = places_[i].pins.load(std::memory_order_relaxed) != 0;
    if (!held && i != newest_.load(std::memory_order_relaxed)) continue;
    ++pinned;
    pinned_bytes += places_[i].touched;
  }
  pinned_places_.set(pinned);
  if (touched_bytes_.value() > memory_limit_) trim_free_places(keeps_older() ? memory_limit_ : 0);

  newcomer_step_.store(step_at(used_share(pinned, pinned_bytes)), std::memory_order_relaxed);
  const size_t free_places = places_.size() - pinned;
  const size_t excess_bytes = pinned_bytes - std::min(pinned_bytes, memory_limit_);
  if (free_places < kReservePlaces || excess_bytes > 0) relieve(excess_bytes);
}

// The larger of two shares, 0..1: of the places that are held, and of the memory that the newest
// frame leaves for older ones. However large pictures are, newest frames alone use none of that
// memory.
double FrameRing::used_share(size_t pinned, size_t pinned_bytes) const noexcept {
  const size_t newest_bytes = places_[newest_.load(std::memory_order_relaxed)].touched;
  const size_t older_bytes = pinned_bytes - newest_bytes;
  const size_t room = memory_limit_ - std::min(newest_bytes, memory_limit_);
  if (older_bytes >= room) return older_bytes > 0 ? 1 : 0;
  return std::max(double(pinned) / double(places_.size()), double(older_bytes) / double(room));
}

// Returns the memory of free places to the kernel, the oldest first, until frames have touched at
// most so many bytes.
void FrameRing::trim_free_places(size_t bytes) noexcept {
  while (touched_bytes_.value() > bytes) {
    const uint32_t oldest = take_oldest(1);
    if (oldest == kNone) return;
    give_back(oldest);
    abandon({oldest, {}});
  }
}

// Returns the place's pages. Pages still queued in sockets belong to the kernel and are not
// counted.
void FrameRing::give_back(uint32_t index) noexcept {
  Place& place = places_[index];
  if (place.touched == 0) return;
  memory_.give_back(index * stride_, stride_);
  touched_bytes_.subtract(place.touched);
  place.touched = 0;
}

// Makes the shards release the oldest frames that are still held, except the newest one: one frame,
// or as many as add up to `excess_bytes`. Frames requested earlier that are still held count.
// Returns whether any frame was newly requested.
bool FrameRing::relieve(size_t excess_bytes) noexcept {
  const uint64_t told_before = reclaim_through_.load();
  uint64_t through = 0;
  size_t relieved_bytes = 0;
  do {
    const Place* oldest = oldest_held_after(through);
    if (oldest == nullptr) break;
    through = oldest->frame.sequence();
    relieved_bytes += oldest->touched;
    if (through > told_before) stats_.reclaims.add();
  } while (relieved_bytes < excess_bytes);
  if (through <= told_before) return false;
  reclaim_through_.store(through);
  return true;
}

// The place with the oldest frame newer than `sequence` that readers hold, except the newest frame;
// nullptr when there is none.
const FrameRing::Place* FrameRing::oldest_held_after(uint64_t sequence) const noexcept {
  const Place* oldest = nullptr;
  for (const Place& place : places_) {
    const uint32_t pins = place.pins.load(std::memory_order_relaxed);
    if (pins == 0 || (pins & kWriting)) continue;
    const uint64_t held = place.frame.sequence();
    if (held <= sequence || held >= newest_sequence_) continue;
    if (oldest == nullptr || held < oldest->frame.sequence()) oldest = &place;
  }
  return oldest;
}

// Empty while the writer has the place, or if there is no picture in it.
FrameRef FrameRing::pin(Place& place) noexcept {
  const uint32_t before = place.pins.fetch_add(1, std::memory_order_acquire);
  if ((before & kWriting) == 0 && place.frame.sequence() != kNoSequence) {
    return FrameRef(this, &place.frame);
  }
  place.pins.fetch_sub(1, std::memory_order_release);  // the number was read
  return {};
}

// A frame that must be released is not found: nobody would request its release a second time.
FrameRef FrameRing::find(uint64_t sequence) noexcept {
  if (sequence <= reclaim_through()) return {};
  for (Place& place : places_) {
    FrameRef found = pin(place);
    if (found && found->sequence() == sequence) return found;
  }
  return {};
}

uint64_t FrameRing::oldest_sequence() noexcept {
  uint64_t oldest = 0;
  for (Place& place : places_) {
    const FrameRef found = pin(place);
    if (!found || found->sequence() <= reclaim_through()) continue;
    if (oldest == 0 || found->sequence() < oldest) oldest = found->sequence();
  }
  return oldest;
}

void FrameRing::raise(std::atomic<Instant>& value, Instant to) noexcept {
  Instant before = value.load(std::memory_order_relaxed);
  while (before < to && !value.compare_exchange_weak(before, to, std::memory_order_relaxed)) {
  }
}

FrameRef FrameRing::newer_than(uint64_t sequence) noexcept {
  for (;;) {
    const uint32_t index = newest_.load(std::memory_order_acquire);
    if (index == kNone) return {};
    Place& place = places_[index];
    const uint32_t before = place.pins.fetch_add(1, std::memory_order_acquire);
    if (before & kWriting) {
      // The writer took the place between our two reads, so there is a newer frame by now.
      place.pins.fetch_sub(1, std::memory_order_relaxed);
      continue;
    }
    const uint64_t found = place.frame.sequence();
    if (found > sequence) return FrameRef(this, &place.frame);
    release(place.frame);
    // No picture: the place was taken and abandoned in the meantime, so there is a newer frame.
    if (found != kNoSequence) return {};
  }
}

void FrameRing::release(const Frame& frame) noexcept {
  const uint32_t before = places_[frame.place()].pins.fetch_sub(1, std::memory_order_release);
  CHECK((before & ~kWriting) > 0);
}

uint32_t FrameRing::step_for(uint64_t intervals) const noexcept {
  const uint64_t step = std::bit_floor(std::max<uint64_t>(2 * intervals / window_, 1));
  return static_cast<uint32_t>(std::min<uint64_t>(step, 1u << 20));
}

void FrameRing::watch() noexcept {
  if (watchers_.fetch_add(1) == 0) demand_.wake();
}

void FrameRing::unwatch() noexcept {
  CHECK(watchers_.fetch_sub(1) > 0);
}

}  // namespace fanlight
