// SPDX-License-Identifier: Apache-2.0
#include "core/history/frame_history.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <new>
#include <string_view>
#include <type_traits>

namespace fanlight {
namespace {

static_assert(std::is_trivially_copyable_v<HistoryRecord>);

constexpr size_t kSegmentBytesMax = std::numeric_limits<uint16_t>::max();
uint64_t round_up(uint64_t bytes, uint64_t unit) {
  return (bytes + unit - 1) / unit * unit;
}
uint64_t round_down(uint64_t bytes, uint64_t unit) {
  return bytes / unit * unit;
}

// As many as begin within the length, and within the memory; and some to spare.
size_t groups_for(const FrameHistoryConfig& config) {
  constexpr size_t kSpare = 8;
  const auto by_time = static_cast<size_t>(config.length / FrameHistory::kGroupLength);
  return by_time + FrameHistory::kGroupsMin + kSpare;
}

// How the frame is divided in the history; empty if it is recorded as it is.
SegmentIndex picture_of(const Frame& frame, size_t segments_max) {
  const SegmentIndex picture = frame.segments();
  if (picture.grid.count() > segments_max) return {};
  for (size_t i = 0; i < picture.grid.count(); ++i) {
    if (picture.bytes_of(i).size() > kSegmentBytesMax) return {};
  }
  return picture;
}

}  // namespace

FrameHistory::FrameHistory(const FrameHistoryConfig& config)
    : length_(config.length),
      page_(static_cast<size_t>(::sysconf(_SC_PAGESIZE))),
      memory_max_(round_up(config.memory_max, page_)),
      jpeg_max_(std::min(config.jpeg_max, memory_max_ / kGroupsMin)),
      segments_max_(config.segments_max),
      memory_(memory_max_),
      groups_(groups_for(config)),
      sizes_(segments_max_) {
  CHECK(length_ > Duration::zero() && segments_max_ <= kSegmentsMax);
  segments_.reserve(segments_max_);
}

FrameHistory::~FrameHistory() {
  for (const Group& group : groups_) CHECK((group.pins.load() & ~kForgotten) == 0);
  CHECK(keepers_.load() == 0);
}

// ---- the writer ----

// A camera may state a time of capture that has not come yet, or that is before the last one's.
void FrameHistory::append(const Frame& frame) noexcept {
  CHECK(frame.sequence() > last_sequence_);
  const Instant at =
      std::max(last_at_, std::min(frame.info().captured_at, frame.info().encoded_at));
  const bool is_update = may_update(frame, at) && record(frame, at, false);
  if (!is_update && !record(frame, at, true)) skipped_.add();
  forget_old(at);
  count();
}

bool FrameHistory::must_begin_group(Instant at) noexcept {
  if (group_count_ == 0) return true;
  const Group& group = newest_group();
  return at - group.first_at.load(std::memory_order_relaxed) >= kGroupLength ||
         end_ - group.begin >= memory_max_ / kGroupsMin;
}

bool FrameHistory::may_update(const Frame& frame, Instant at) noexcept {
  return !must_begin_group(at) && last_grid_.count() > 0 && frame.can_update(last_sequence_);
}

// False if it does not fit.
bool FrameHistory::record(const Frame& frame, Instant at, bool is_whole) noexcept {
  const SegmentIndex picture = picture_of(frame, segments_max_);
  if (picture.empty() && !is_whole) return false;
  const size_t jpeg_size = choose_segments(frame, picture, is_whole);
  if (jpeg_size > jpeg_max_) return false;
  std::string_view head;
  if (is_whole) head = picture.empty() ? frame.jpeg() : picture.head();
  size_t bytes = sizeof(HistoryRecord) + segments_.size() * sizeof(HistorySegment) + head.size();
  for (const HistorySegment& segment : segments_) bytes += segment.size;
  const bool begins = must_begin_group(at);
  const std::optional<uint64_t> begin = take_room(round_up(bytes, alignof(HistoryRecord)));
  if (!begin) return false;

  auto& record =
      *new (&record_at(*begin)) HistoryRecord{.info = frame.info(),
                                              .at = at,
                                              .pictures = frame.pictures(),
                                              .next = 0,
                                              .grid = picture.grid,
                                              .jpeg_size = static_cast<uint32_t>(jpeg_size),
                                              .head_size = static_cast<uint32_t>(head.size()),
                                              .count = static_cast<uint32_t>(segments_.size())};
  write(record, picture, head);
  if (begins) open_group(*begin, record);
  if (!begins) continue_group(*begin, record);
  last_ = *begin;
  last_grid_ = picture.grid;
  last_sequence_ = frame.sequence();
  last_at_ = at;
  last_size_ = jpeg_size;
  for (const HistorySegment& segment : segments_) sizes_[segment.number] = segment.size;
  return true;
}

// Fills `segments_`; returns the size of the picture.
size_t FrameHistory::choose_segments(const Frame& frame, const SegmentIndex& picture,
                                     bool is_whole) noexcept {
  segments_.clear();
  if (is_whole && picture.empty()) return frame.jpeg().size();
  size_t size = is_whole ? picture.head().size() : last_size_;
  const uint64_t age_max = frame.sequence() - last_sequence_;
  for (size_t i = 0; i < picture.grid.count(); ++i) {
    if (!is_whole && picture.segments[i].age >= age_max) continue;
    const auto bytes = static_cast<uint16_t>(picture.bytes_of(i).size());
    segments_.push_back({static_cast<uint16_t>(i), bytes});
    size += bytes;
    size -= is_whole ? 0 : sizes_[i];
    size += is_whole ? kSegmentMarkerBytes : 0;
  }
  return size;
}

void FrameHistory::write(HistoryRecord& record, const SegmentIndex& picture,
                         std::string_view head) noexcept {
  char* out = reinterpret_cast<char*>(&record + 1);
  const std::string_view list(reinterpret_cast<const char*>(segments_.data()),
                              segments_.size() * sizeof(HistorySegment));
  out = std::copy(list.begin(), list.end(), out);
  out = std::copy(head.begin(), head.end(), out);
  for (const HistorySegment& segment : segments_) {
    const std::string_view bytes = picture.bytes_of(segment.number);
    out = std::copy(bytes.begin(), bytes.end(), out);
  }
}

// take_room() has seen to it that there is one.
void FrameHistory::open_group(uint64_t begin, const HistoryRecord& record) noexcept {
  CHECK(group_count_ < groups_.size());
  if (group_count_++ == 0) begin_ = begin;
  Group& group = newest_group();
  group.begin = begin;
  group.records.store(1, std::memory_order_relaxed);
  group.first_at.store(record.at, std::memory_order_relaxed);
  group.first_sequence.store(record.info.sequence, std::memory_order_relaxed);
  group.last_at.store(record.at, std::memory_order_relaxed);
  group.last_sequence.store(record.info.sequence, std::memory_order_relaxed);
  group.pins.fetch_sub(kForgotten, std::memory_order_release);
  frames_.add();
}

void FrameHistory::continue_group(uint64_t begin, const HistoryRecord& record) noexcept {
  record_at(last_).next = begin;
  Group& group = newest_group();
  group.records.fetch_add(1, std::memory_order_release);
  group.last_sequence.store(record.info.sequence, std::memory_order_release);
  group.last_at.store(record.at, std::memory_order_release);
  frames_.add();
}

// A record does not reach across the end of the memory. Forgets what is in its way, and a group if
// there may be no more; nothing if a reader has pinned that.
std::optional<uint64_t> FrameHistory::take_room(size_t bytes) noexcept {
  if (bytes > memory_max_ / kGroupsMin) return std::nullopt;
  if (group_count_ == groups_.size() && !forget_oldest()) return std::nullopt;
  const uint64_t left = memory_max_ - end_ % memory_max_;
  const uint64_t begin = end_ + (bytes > left ? left : 0);
  if (group_count_ == 0) begin_ = begin;
  const uint64_t end = begin + bytes;
  while (round_up(end, page_) - round_down(begin_, page_) > memory_max_) {
    if (!forget_oldest()) return std::nullopt;
  }
  end_ = end;
  return begin;
}

// What was captured `length_` ago must remain.
void FrameHistory::forget_old(Instant at) noexcept {
  while (group_count_ >= 2 && keepers_.load() == 0) {
    const Group& second = groups_[(oldest_ + 1) % groups_.size()];
    if (at - second.first_at.load(std::memory_order_relaxed) < length_) return;
    if (!forget_oldest()) return;
  }
}

// Never the newest. Acquire order: the readers' last reads precede our writes of the same memory.
bool FrameHistory::forget_oldest() noexcept {
  if (group_count_ < 2) return false;
  Group& group = groups_[oldest_];
  uint32_t unpinned = 0;
  if (!group.pins.compare_exchange_strong(unpinned, kForgotten, std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
    return false;
  }
  group.first_sequence.store(0, std::memory_order_relaxed);
  frames_.subtract(group.records.load(std::memory_order_relaxed));
  oldest_ = (oldest_ + 1) % groups_.size();
  --group_count_;
  give_back(begin_, groups_[oldest_].begin);
  begin_ = groups_[oldest_].begin;
  return true;
}

// The pages that only have what lies between these offsets.
void FrameHistory::give_back(uint64_t begin, uint64_t end) noexcept {
  begin = round_down(begin, page_);
  end = round_down(end, page_);
  while (begin < end) {
    const uint64_t place = begin % memory_max_;
    const uint64_t bytes = std::min(end - begin, memory_max_ - place);
    memory_.give_back(place, bytes);
    begin += bytes;
  }
}

void FrameHistory::count() noexcept {
  if (group_count_ == 0) return;
  held_bytes_.set(round_up(end_, page_) - round_down(begin_, page_));
  const Instant oldest = groups_[oldest_].first_at.load(std::memory_order_relaxed);
  held_length_ns_.set(static_cast<uint64_t>((last_at_ - oldest).count()));
}

// ---- the readers ----

FrameHistory::GroupPin FrameHistory::pin(Group& group) noexcept {
  const uint32_t before = group.pins.fetch_add(1, std::memory_order_acquire);
  if ((before & kForgotten) == 0) return GroupPin(&group);
  group.pins.fetch_sub(1, std::memory_order_relaxed);
  return {};
}

std::optional<HistoryRange> FrameHistory::range() noexcept {
  const auto any = [](const Group&) { return true; };
  const GroupPin oldest = find_group(any, std::less<>());
  const GroupPin newest = find_group(any, std::greater<>());
  if (!oldest || !newest) return std::nullopt;
  HistoryRange found{.oldest = point_of(record_at((*oldest).begin)), .newest = {}};
  visit(*newest, [&found](const HistoryRecord& record) {
    found.newest = point_of(record);
    return true;
  });
  return found;
}

std::optional<HistoryPoint> FrameHistory::find_at(Instant at) noexcept {
  const GroupPin group = find_group(
      [at](const Group& each) { return each.first_at.load(std::memory_order_relaxed) <= at; },
      std::greater<>());
  if (!group) return std::nullopt;
  const HistoryRecord* found = nullptr;
  visit(*group, [&](const HistoryRecord& record) {
    if (record.at > at) return false;
    found = &record;
    return true;
  });
  CHECK(found != nullptr);
  return point_of(*found);
}

std::optional<HistoryPoint> FrameHistory::find_after(uint64_t sequence, Instant at) noexcept {
  const GroupPin group = find_group(
      [sequence, at](const Group& each) {
        return each.last_sequence.load(std::memory_order_acquire) > sequence &&
               each.last_at.load(std::memory_order_acquire) >= at;
      },
      std::less<>());
  if (!group) return std::nullopt;
  const HistoryRecord* found = nullptr;
  visit(*group, [&](const HistoryRecord& record) {
    found = &record;
    return record.info.sequence <= sequence || record.at < at;
  });
  CHECK(found != nullptr && found->info.sequence > sequence && found->at >= at);
  return point_of(*found);
}

HistoryExtent FrameHistory::measure(const HistoryPoint& first, uint64_t last,
                                    Duration interval) noexcept {
  HistoryExtent extent;
  uint64_t seen = first.sequence - 1;
  Instant next_at = first.at;
  const auto take = [&](const HistoryRecord& record) {
    const FrameInfo& info = record.info;
    if (info.sequence <= seen) return true;
    if (extent.frames == 0 && info.sequence != first.sequence) return false;
    seen = info.sequence;
    if (info.sequence > last) return false;
    if (record.at < next_at) return true;
    ++extent.frames;
    extent.bytes += record.jpeg_size + part_head_size(record.jpeg_size, info.captured_wall,
                                                      info.sequence, info.slate_reason.view());
    next_at = record.at + interval;
    return true;
  };
  for (;;) {
    const GroupPin group = find_group(
        [seen](const Group& each) {
          return each.last_sequence.load(std::memory_order_acquire) > seen;
        },
        std::less<>());
    if (!group) return extent;
    visit(*group, take);
    if (extent.frames == 0 || seen >= last) return extent;
  }
}

}  // namespace fanlight
