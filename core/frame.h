// SPDX-License-Identifier: Apache-2.0
// Frame: one encoded picture as stored in the frame ring.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/part.h"
#include "core/printable.h"
#include "core/segment_index.h"
#include "core/time.h"

namespace fanlight {

// A short text of at most kSlateReasonMax bytes, stored in place; a longer one is cut. Upstreams
// write some of them: what is stored is printable (take_printable()).
class SlateReason {
 public:
  SlateReason() = default;
  SlateReason(std::string_view text) : size_(copy_printable(text, text_)) {}
  std::string_view view() const { return {text_.data(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  std::array<char, kSlateReasonMax> text_{};
  size_t size_ = 0;
};

// What is known about a picture. The times travel with it, so that latency is computed where it
// ends instead of being pieced together from logs.
struct FrameInfo {
  uint64_t sequence = 0;   // counts the camera's frames from 1; gaps are dropped frames
  WallTime captured_wall;  // Unix time of capture; never decreases
  Instant captured_at;     // the same on the monotonic clock
  Instant encoded_at;      // when the JPEG was complete
  int width = 0;           // pixels
  int height = 0;
  SlateReason slate_reason;  // empty for a picture of the camera; else why there is no picture

  bool is_slate() const { return !slate_reason.empty(); }
};

// Owns: nothing; a view of a place in the ring, or of a shard's memory (HistoryReader).
// Thread: written by the camera thread before it is published, read by any shard that pins it.
// Invariant: immutable from publication until the last pin is released and the place is reused.
class Frame {
 public:
  const FrameInfo& info() const { return info_; }
  uint64_t sequence() const { return info_.sequence; }

  std::string_view jpeg() const { return {jpeg_, jpeg_size_}; }

  // Head, JPEG and delimiter: for a client that requested boundary `boundarydonotcross`.
  std::string_view plain_part() const {
    return {jpeg_ - head_size_, head_size_ + jpeg_size_ + kPartDelimiter.size()};
  }
  // Head and JPEG, for any other boundary: the delimiter follows as a piece of its own.
  std::string_view bare_part() const { return {jpeg_ - head_size_, head_size_ + jpeg_size_}; }
  // JPEG, delimiter and the next part's head (see part.h); its own head was sent with the last one.
  std::string_view advance_part() const { return {jpeg_, jpeg_size_ + kPartTailSize}; }

  // Whether these bytes are of its part: they last as long as it is pinned.
  bool holds(std::string_view bytes) const {
    return bytes.data() >= jpeg_ - head_size_ && bytes.data() < jpeg_ + jpeg_size_ + kPartTailSize;
  }

  // How many pictures of the camera have been published up to this frame. Slates do not count, nor
  // do sequence numbers used up by pictures that no viewer could get.
  uint64_t pictures() const { return pictures_; }

  // Where its segments are, and how old they are; empty if it is not divided.
  SegmentIndex segments() const {
    if (grid_.count() == 0) return {};
    return {.jpeg = jpeg(), .grid = grid_, .segments = {segments_, grid_.count() + 1}};
  }
  // Whether an update turns the picture of frame `base`, this one or one before, into this one: all
  // since then have the same head and grid. A slate is always sent whole.
  bool can_update(uint64_t base) const {
    return !info_.is_slate() && base >= oldest_base_ && base <= info_.sequence;
  }
  // Whether that update is empty.
  bool is_same_as(uint64_t base) const { return can_update(base) && changed_at_ <= base; }

  // Its place in the ring, 0..places-1: an index for a shard's own bookkeeping.
  uint32_t place() const { return place_; }
  // Not a frame that was put together again from the history (core/history/history_reader.h).
  bool is_in_ring() const { return place_ != kNotInRing; }

 private:
  friend class FrameRing;
  friend class HistoryReader;
  static constexpr uint32_t kNotInRing = ~0u;
  const char* jpeg_ = nullptr;
  size_t jpeg_size_ = 0;
  size_t head_size_ = 0;
  uint32_t place_ = 0;
  uint64_t pictures_ = 0;
  SegmentGrid grid_{};  // of no segments if it is not divided
  const Segment* segments_ = nullptr;
  uint64_t oldest_base_ = 0;  // see can_update()
  uint64_t changed_at_ = 0;   // the sequence number of the newest change of a segment
  FrameInfo info_;
};

}  // namespace fanlight
