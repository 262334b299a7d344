// SPDX-License-Identifier: Apache-2.0
// UpdatePlan: which segments an update consists of, and its two messages: the text that describes
// it (docs/api.md), and the atlas. UpdateMessage reads what is written here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/frame.h"
#include "core/segments/segment_atlas.h"

namespace fanlight {

// The most bytes that begin_frame_text() writes: a camera's name has 32.
inline constexpr size_t kFrameTextBeginMax = 128;

// Writes what the texts about frames have in common, without the closing brace; returns its size.
size_t begin_frame_text(std::string_view camera, const FrameInfo& info,
                        std::span<char> room) noexcept;

// The most bytes that write_update_text() writes.
constexpr size_t update_text_max(size_t runs) {
  constexpr size_t kRunMax = 14;  // `[65535,65535],`
  return kFrameTextBeginMax + 192 + kRunMax * runs;
}

// Writes the text about an update of `runs` from frame `base`, JSON; returns its size. Without runs
// `grid` may be of no segments.
size_t write_update_text(std::string_view camera, const FrameInfo& info, uint64_t base,
                         const SegmentGrid& grid, std::span<const SegmentRun> runs,
                         std::span<char> room) noexcept;

// Owns: the runs of one update at a time.
// Thread: one. The frame must be pinned from make() on.
// Invariant: nothing is allocated after construction.
class UpdatePlan {
 public:
  // Of frames in at most so many segments.
  explicit UpdatePlan(size_t segments_max) { runs_.reserve(segments_max / 2 + 1); }

  // Plans the update from frame `base` to `frame`; false if there is none that is smaller than the
  // frame's JPEG, and is a JPEG: the frame must be sent whole. frame.can_update(base).
  bool make(const Frame& frame, uint64_t base) noexcept;

  // Nothing changed: there is only the text.
  bool is_empty() const noexcept { return runs_.empty(); }
  size_t text_max() const noexcept { return update_text_max(runs_.size()); }
  size_t atlas_size() const noexcept { return atlas_size_; }  // 0 if it is empty

  // `room` has text_max() bytes; returns how many it needed.
  size_t write_text(std::string_view camera, std::span<char> room) const noexcept;
  // `out` has room for atlas_size(); returns the atlas's end.
  char* write_atlas(char* out) const noexcept;

 private:
  void find_runs(uint64_t age_max) noexcept;
  bool fits_jpeg() const noexcept;

  FrameInfo info_{};
  uint64_t base_ = 0;
  SegmentIndex picture_{};
  std::vector<SegmentRun> runs_;
  size_t atlas_size_ = 0;
};

}  // namespace fanlight
