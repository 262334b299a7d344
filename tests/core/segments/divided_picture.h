// SPDX-License-Identifier: Apache-2.0
// Pictures in segments, and atlases of them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "capture/jpeg/jpeg_transform.h"
#include "core/random.h"
#include "core/segments/find_segments.h"
#include "core/segments/jpeg_head.h"
#include "core/segments/segment_atlas.h"
#include "core/segments/update_message.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

using Runs = std::vector<SegmentRun>;

// A JPEG in segments, and its index.
struct Divided {
  explicit Divided(const Bytes& source) : jpeg(2 * source.size() + 4096) {
    PictureCells cells;
    const WrittenJpeg written = transform_jpeg(source, {}, jpeg, &cells);
    EXPECT_EQ(written.problem, "");
    jpeg.resize(written.size);
    segments.resize(kSegmentsMax + 1);
    EXPECT_TRUE(find_segments(jpeg, index.grid, segments));
    segments.resize(index.grid.count() + 1);
    index.segments = segments;
    index.jpeg = {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()};
  }
  Divided(const Divided&) = delete;

  Bytes jpeg;
  std::vector<Segment> segments;
  SegmentIndex index;
};

// Written into exactly as much memory as atlas_size() states.
inline Bytes atlas_of(const SegmentIndex& index, const Runs& runs) {
  const GuardedBytes out(atlas_size(index, runs));
  char* const begin = reinterpret_cast<char*>(out.span().data());
  EXPECT_EQ(write_atlas(index, runs, begin), begin + out.span().size());
  return {out.span().begin(), out.span().end()};
}

// At least one segment.
inline Runs random_runs(Random& random, const SegmentGrid& grid, double density) {
  Runs runs;
  for (size_t i = 0; i < grid.count(); ++i) {
    if (!random.chance(density)) continue;
    if (!runs.empty() && size_t(runs.back().first) + runs.back().count == i) {
      ++runs.back().count;
    } else {
      runs.push_back({static_cast<uint16_t>(i), 1});
    }
  }
  if (runs.empty()) runs.push_back({static_cast<uint16_t>(random.below(grid.count())), 1});
  return runs;
}

inline std::string as_text(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline UpdateMessage message_of(const SegmentIndex& picture, const Runs& runs, uint64_t base,
                                uint64_t sequence) {
  const auto head = read_jpeg_head(picture.jpeg).value();
  UpdateMessage message{.camera = "a", .sequence = sequence, .timestamp = {}};
  message.update = {.base = base,
                    .width = head.width,
                    .height = head.height,
                    .grid = picture.grid,
                    .atlas_columns = 0,
                    .runs = runs};
  if (runs.empty()) return message;
  message.update->atlas_columns =
      static_cast<int>(atlas_shape(message.update->count(), picture.grid).columns);
  return message;
}

}  // namespace fanlight
