// SPDX-License-Identifier: Apache-2.0
// Segment atlas: a JPEG made of some segments of another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/segment_index.h"

namespace fanlight {

// `count` segments from number `first` on, counted row by row.
struct SegmentRun {
  uint16_t first = 0;
  uint16_t count = 0;

  friend bool operator==(const SegmentRun&, const SegmentRun&) = default;
};
size_t count_in(std::span<const SegmentRun> runs) noexcept;  // of segments

// How `count` segments, at least one, are arranged: with as few columns as a height of
// kAtlasHeightMax permits, so that few segments, mostly none, are repeated to fill the last row.
// Decoders that smooth chroma mix it across the borders of neighbours that are none in the picture;
// in one column that concerns only the upper and the lower border.
inline constexpr int kAtlasHeightMax = 8192;  // pixels; some GPUs take textures of no more
struct AtlasShape {
  size_t columns = 0;
  size_t rows = 0;
};
AtlasShape atlas_shape(size_t count, const SegmentGrid& grid) noexcept;

// The size of the atlas, bytes. `runs` has at least one segment; all are in the picture.
size_t atlas_size(const SegmentIndex& picture, std::span<const SegmentRun> runs) noexcept;

// Writes the atlas of the runs' segments, in their order: the picture's head with other dimensions,
// the bytes of the segments, restart markers numbered anew (T.81 section B.2.1), EOI. Returns its
// end in `out`, which has room for atlas_size().
char* write_atlas(const SegmentIndex& picture, std::span<const SegmentRun> runs,
                  char* out) noexcept;

}  // namespace fanlight
