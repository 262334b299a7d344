// SPDX-License-Identifier: Apache-2.0
// SegmentIndex: where the segments of a JPEG are.
//
// A segment is one restart interval (ITU-T T.81 sections B.2.4.4 and E.1.4): a few MCUs of one row
// of MCUs. Its entropy-coded bytes depend on no other segment's, so any segments of a picture, in
// any arrangement, are a JPEG again (core/segments/segment_atlas.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/check.h"

namespace fanlight {

// How a picture is divided. All segments have the same size; those at the right and the lower edge
// may reach beyond the picture.
struct SegmentGrid {
  int width = 0;  // of a segment, pixels: whole MCUs
  int height = 0;
  int columns = 0;
  int rows = 0;

  constexpr size_t count() const { return size_t(columns) * size_t(rows); }
  friend bool operator==(const SegmentGrid&, const SegmentGrid&) = default;
};

struct Segment {
  uint32_t begin = 0;  // offset of its first byte in the JPEG
  uint32_t age = 0;    // how many sequence numbers ago it changed
};

// More are not told apart (SegmentRun): pictures of up to 60 megapixels have fewer.
inline constexpr size_t kSegmentsMax = 65535;

// Two bytes, a marker, follow each segment: RSTm, and EOI after the last.
inline constexpr size_t kSegmentMarkerBytes = 2;

// Owns: nothing; a view of the JPEG and of the list of its segments.
// Thread: any one; what it refers to does not change.
// Invariant: `segments` has one element more than the grid, whose `begin` is the JPEG's size.
struct SegmentIndex {
  std::string_view jpeg;
  SegmentGrid grid{};
  std::span<const Segment> segments{};

  bool empty() const { return segments.empty(); }
  // Everything before the first segment: tables, frame header, scan header.
  std::string_view head() const { return jpeg.substr(0, segments[0].begin); }
  // The entropy-coded bytes of a segment, numbered row by row.
  std::string_view bytes_of(size_t number) const {
    CHECK(number < grid.count());
    const size_t begin = segments[number].begin;
    return jpeg.substr(begin, segments[number + 1].begin - kSegmentMarkerBytes - begin);
  }
};

}  // namespace fanlight
