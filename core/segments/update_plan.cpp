// SPDX-License-Identifier: Apache-2.0
#include "core/segments/update_plan.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/check.h"

namespace fanlight {
namespace {

// Adds to the text of `size` bytes in `room`; it fits by design.
template <class... Args>
void add(std::span<char> room, size_t& size, fmt::format_string<Args...> format,
         Args&&... args) noexcept {
  const size_t left = room.size() - size;
  const auto added =
      fmt::format_to_n(room.data() + size, left, format, std::forward<Args>(args)...);
  CHECK(added.size <= left);
  size += added.size;
}

}  // namespace

size_t begin_frame_text(std::string_view camera, const FrameInfo& info,
                        std::span<char> room) noexcept {
  const int64_t us = info.captured_wall.time_since_epoch().count();
  size_t size = 0;
  add(room, size, R"({{"camera":"{}","sequence":{},"timestamp":{}.{:06})", camera, info.sequence,
      us / 1'000'000, us % 1'000'000);
  return size;
}

// A frame that is not divided has nothing but itself to update: it is one segment.
size_t write_update_text(std::string_view camera, const FrameInfo& info, uint64_t base,
                         const SegmentGrid& grid, std::span<const SegmentRun> runs,
                         std::span<char> room) noexcept {
  const bool is_divided = grid.count() > 0;
  CHECK(is_divided || runs.empty());
  size_t size = begin_frame_text(camera, info, room);
  add(room, size,
      R"(,"update":{{"base":{},"width":{},"height":{},"segment_width":{},)"
      R"("segment_height":{},"atlas_columns":{},"runs":[)",
      base, info.width, info.height, is_divided ? grid.width : info.width,
      is_divided ? grid.height : info.height,
      runs.empty() ? 1 : atlas_shape(count_in(runs), grid).columns);
  bool is_first = true;
  for (const SegmentRun& run : runs) {
    add(room, size, "{}[{},{}]", is_first ? "" : ",", run.first, run.count);
    is_first = false;
  }
  add(room, size, "]}}}}");
  return size;
}

bool UpdatePlan::make(const Frame& frame, uint64_t base) noexcept {
  CHECK(frame.can_update(base));
  info_ = frame.info();
  base_ = base;
  picture_ = frame.segments();
  runs_.clear();
  if (!frame.is_same_as(base)) find_runs(frame.sequence() - base);
  atlas_size_ = runs_.empty() ? 0 : fanlight::atlas_size(picture_, runs_);
  return atlas_size_ < frame.jpeg().size() && fits_jpeg();
}

// Those that changed less than `age_max` sequence numbers ago.
void UpdatePlan::find_runs(uint64_t age_max) noexcept {
  for (size_t i = 0; i < picture_.grid.count(); ++i) {
    if (picture_.segments[i].age >= age_max) continue;
    const auto number = static_cast<uint16_t>(i);
    if (!runs_.empty() && size_t{runs_.back().first} + runs_.back().count == i) {
      ++runs_.back().count;
    } else {
      runs_.push_back({number, 1});
    }
  }
}

// Whether the atlas is no larger than a JPEG can be.
bool UpdatePlan::fits_jpeg() const noexcept {
  if (runs_.empty()) return true;
  const SegmentGrid& grid = picture_.grid;
  const AtlasShape shape = atlas_shape(count_in(runs_), grid);
  return std::max(shape.columns * size_t(grid.width), shape.rows * size_t(grid.height)) < 1 << 16;
}

size_t UpdatePlan::write_text(std::string_view camera, std::span<char> room) const noexcept {
  return write_update_text(camera, info_, base_, picture_.grid, runs_, room);
}

char* UpdatePlan::write_atlas(char* out) const noexcept {
  return runs_.empty() ? out : fanlight::write_atlas(picture_, runs_, out);
}

}  // namespace fanlight
