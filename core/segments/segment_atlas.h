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

// How `count` segments, at least one, are arranged: in one line, or as few as kAtlasSideMax
// permits, so that few segments, mostly none, are repeated to fill the last row. Decoders that
// smooth chroma mix it across the borders of neighbours that are none in the picture, which is seen
// as lines of a wrong colour. In one row that concerns only the ends of each run: its segments are
// neighbours in the picture too, and above and below there are none. Segments as high as a block
// have chroma of full height, as in 4:2:2, which is mixed only to the left and right: they are in
// one column.
inline constexpr int kAtlasSideMax = 8192;  // pixels; some GPUs take textures of no more
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
