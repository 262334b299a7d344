// SPDX-License-Identifier: Apache-2.0
// FrameHistory: the last seconds of one camera's frames, in bounded memory (--history).
//
// Segments are stored once. A frame is a record: what is known about it, and the segments that
// changed since the frame recorded before it; one in which nothing changed is a few dozen bytes
// more than nothing. A record with a head stands for itself: it has the head of the JPEG and all
// segments, or the whole JPEG as its head if that is not divided. Every few seconds a group of
// records begins with one, and groups are forgotten whole, the oldest first. The picture of a
// record is put together by core/history/history_reader.h: as on the screen of a viewer of updates,
// a segment that did not change by more than noise may be that of an older frame.
//
// Records are one behind the other in one piece of memory, used in turn: the newest is written
// where the oldest was forgotten. The kernel gets the pages of forgotten groups back, so that only
// what the history holds is memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/counter.h"
#include "core/frame.h"
#include "core/segment_index.h"
#include "core/slab.h"
#include "core/time.h"

namespace fanlight {

struct FrameHistoryConfig {
  Duration length = 30s;          // what is older is forgotten, unless somebody keeps it
  size_t memory_max = 256 << 20;  // bytes
  size_t jpeg_max = 1 << 20;      // of a picture; larger ones are not recorded
  size_t segments_max = kSegmentsMax;
};

// A segment of a record; its bytes follow those of the segments before it.
struct HistorySegment {
  uint16_t number;
  uint16_t size;  // bytes, without the marker behind it
};

// Thread: written once by the writer; read by any shard that pins its group.
struct HistoryRecord {
  FrameInfo info;
  Instant at;          // of capture; never decreases
  uint64_t pictures;   // Frame::pictures()
  uint64_t next;       // where the next record begins
  SegmentGrid grid;    // of no segments if it is not divided
  uint32_t jpeg_size;  // of the picture, bytes
  uint32_t head_size;  // 0: that of the record before it
  uint32_t count;      // of the segments recorded here
  // Behind it: HistorySegment[count], the head, the segments' bytes.
};

// A frame that is, or was, in the history.
struct HistoryPoint {
  uint64_t sequence = 0;
  Instant at{};
  WallTime captured_wall{};
  size_t jpeg_size = 0;  // bytes
};

struct HistoryExtent {
  uint64_t frames = 0;
  uint64_t bytes = 0;  // of their parts without delimiters: Frame::bare_part()
};

// From the oldest to the newest frame.
struct HistoryRange {
  HistoryPoint oldest;
  HistoryPoint newest;
};

// Owns: the memory, touched lazily.
// Thread: append() by the ring's writer; everything else by any shard. Neither waits: where readers
//   are in the way, a frame is not recorded, and counted.
// Invariants: a group is not changed while it is pinned, except that records are added behind those
//   that its readers may see; sequence numbers and times of records never decrease; the groups'
//   pages are at most memory_max bytes.
class FrameHistory {
 public:
  // A group is forgotten as a whole, so the history is longer than `length` by up to this; and a
  // reader begins at its first record.
  static constexpr Duration kGroupLength = 3s;
  // A group ends when it has this part of the memory; no record has more.
  static constexpr size_t kGroupsMin = 16;

  // Throws std::system_error when the address space is refused.
  explicit FrameHistory(const FrameHistoryConfig& config);
  FrameHistory(const FrameHistory&) = delete;
  FrameHistory& operator=(const FrameHistory&) = delete;
  ~FrameHistory();

  // --- the writer ---

  // Records the frame, which is newer than any before. It does not change during the call.
  void append(const Frame& frame) noexcept;

  // --- the readers ---

  // Nothing while there are no frames.
  std::optional<HistoryRange> range() noexcept;
  // The newest frame that was captured at `at` or before.
  std::optional<HistoryPoint> find_at(Instant at) noexcept;
  // The oldest frame whose number is greater, and that was captured at `at` or later.
  std::optional<HistoryPoint> find_after(uint64_t sequence, Instant at = Instant::min()) noexcept;
  // Of the frame `first` and those behind it, up to the number `last`, each captured at least
  // `interval` after the one before: how many there are, and their bytes. Looks at each record
  // once. Nothing if `first` has been forgotten.
  HistoryExtent measure(const HistoryPoint& first, uint64_t last, Duration interval) noexcept;

  // While somebody keeps the history, only what must make room is forgotten.
  void keep() noexcept { keepers_.fetch_add(1); }
  void stop_keeping() noexcept { CHECK(keepers_.fetch_sub(1) > 0); }

  Duration length() const noexcept { return length_; }
  size_t memory_max() const noexcept { return memory_max_; }
  size_t jpeg_max() const noexcept { return jpeg_max_; }
  size_t segments_max() const noexcept { return segments_max_; }

  // --- figures, for any thread ---

  uint64_t frames() const noexcept { return frames_.value(); }
  uint64_t held_bytes() const noexcept { return held_bytes_.value(); }
  // Frames that were not recorded: too large, or no memory was free.
  uint64_t skipped() const noexcept { return skipped_.value(); }
  // Between the oldest and the newest frame.
  Duration held_length() const noexcept {
    return Duration(static_cast<int64_t>(held_length_ns_.value()));
  }

 private:
  friend class HistoryReader;

  // `pins` counts the readers; kForgotten is added while it is not in the history.
  static constexpr uint32_t kForgotten = 1u << 31;
  struct alignas(64) Group {
    std::atomic<uint32_t> pins{kForgotten};
    std::atomic<uint32_t> records{0};         // that readers may see
    std::atomic<uint64_t> first_sequence{0};  // 0: it is not in the history
    std::atomic<uint64_t> last_sequence{0};
    std::atomic<Instant> first_at{Instant{}};
    std::atomic<Instant> last_at{Instant{}};
    uint64_t begin = 0;  // of its first record
  };
  // A pin on a group. Move-only.
  class GroupPin {
   public:
    GroupPin() = default;
    explicit GroupPin(Group* group) : group_(group) {}
    GroupPin(GroupPin&& other) noexcept : group_(std::exchange(other.group_, nullptr)) {}
    GroupPin& operator=(GroupPin&& other) noexcept {
      std::swap(group_, other.group_);
      return *this;
    }
    ~GroupPin() {
      if (group_ != nullptr) group_->pins.fetch_sub(1, std::memory_order_release);
    }
    explicit operator bool() const { return group_ != nullptr; }
    const Group& operator*() const { return *group_; }

   private:
    Group* group_ = nullptr;
  };

  // --- the writer's ---
  Group& newest_group() noexcept { return groups_[(oldest_ + group_count_ - 1) % groups_.size()]; }
  bool must_begin_group(Instant at) noexcept;
  bool may_update(const Frame& frame, Instant at) noexcept;
  bool record(const Frame& frame, Instant at, bool is_whole) noexcept;
  size_t choose_segments(const Frame& frame, const SegmentIndex& picture, bool is_whole) noexcept;
  void write(HistoryRecord& record, const SegmentIndex& picture, std::string_view head) noexcept;
  void open_group(uint64_t begin, const HistoryRecord& record) noexcept;
  void continue_group(uint64_t begin, const HistoryRecord& record) noexcept;
  std::optional<uint64_t> take_room(size_t bytes) noexcept;
  bool forget_oldest() noexcept;
  void forget_old(Instant at) noexcept;
  void give_back(uint64_t begin, uint64_t end) noexcept;
  void count() noexcept;

  // --- the readers' ---
  static GroupPin pin(Group& group) noexcept;
  // Of the groups that pass `test`, the one whose first sequence is `better` than the others'.
  template <class Test, class Better>
  GroupPin find_group(Test test, Better better) noexcept;
  // The records of a pinned group, from the first on, until `visitor` returns false.
  template <class Visitor>
  void visit(const Group& group, Visitor visitor) const noexcept {
    const uint32_t count = group.records.load(std::memory_order_acquire);
    uint64_t at = group.begin;
    for (uint32_t i = 0; i < count; ++i) {
      const HistoryRecord& record = record_at(at);
      if (!visitor(record)) return;
      if (i + 1 < count) at = record.next;  // of the last one, it may be being written
    }
  }
  HistoryRecord& record_at(uint64_t offset) const noexcept {
    return *reinterpret_cast<HistoryRecord*>(memory_.data() + offset % memory_max_);
  }
  static HistoryPoint point_of(const HistoryRecord& record) noexcept {
    return {record.info.sequence, record.at, record.info.captured_wall, record.jpeg_size};
  }

  const Duration length_;
  const size_t page_;
  const size_t memory_max_;  // whole pages
  const size_t jpeg_max_;
  const size_t segments_max_;
  LazyMemory memory_;
  std::vector<Group> groups_;  // in turn
  std::atomic<uint32_t> keepers_{0};

  // The writer's. Offsets count from the start of all; the place of one is `% memory_max_`.
  size_t oldest_ = 0;       // index of the oldest group
  size_t group_count_ = 0;  // that are in the history
  uint64_t begin_ = 0;      // of the oldest group
  uint64_t end_ = 0;        // of the newest record
  uint64_t last_ = 0;       // where that begins
  SegmentGrid last_grid_{};
  uint64_t last_sequence_ = 0;
  Instant last_at_{};
  std::vector<uint16_t> sizes_;           // of the segments of the newest record's picture
  size_t last_size_ = 0;                  // of that picture
  std::vector<HistorySegment> segments_;  // of the record that is being made

  Counter frames_;
  Counter held_bytes_;
  Counter skipped_;
  Counter held_length_ns_;
};

template <class Test, class Better>
FrameHistory::GroupPin FrameHistory::find_group(Test test, Better better) noexcept {
  // Again if a group was forgotten in the meantime.
  for (int tries = 0; tries < 4; ++tries) {
    Group* best = nullptr;
    uint64_t best_first = 0;
    for (Group& group : groups_) {
      const uint64_t first = group.first_sequence.load(std::memory_order_relaxed);
      if (first == 0 || !test(group)) continue;
      if (best != nullptr && !better(first, best_first)) continue;
      best = &group;
      best_first = first;
    }
    if (best == nullptr) return {};
    GroupPin found = pin(*best);
    if (found && (*found).first_sequence.load(std::memory_order_relaxed) == best_first &&
        test(*found)) {
      return found;
    }
  }
  return {};
}

}  // namespace fanlight
