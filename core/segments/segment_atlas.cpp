// SPDX-License-Identifier: Apache-2.0
#include "core/segments/segment_atlas.h"

#include <algorithm>
#include <string_view>

#include "core/segments/jpeg_head.h"
#include "core/segments/segment_writer.h"

namespace fanlight {
namespace {

constexpr int kBlockSide = 8;  // pixels (T.81 section A.1.1)

void write_16_bits(size_t value, char* out) {
  CHECK(value < 1 << 16);
  out[0] = static_cast<char>(value >> 8);
  out[1] = static_cast<char>(value & 0xff);
}

size_t last_of(std::span<const SegmentRun> runs) {
  return size_t(runs.back().first) + runs.back().count - 1;
}

}  // namespace

size_t count_in(std::span<const SegmentRun> runs) noexcept {
  size_t count = 0;
  for (const SegmentRun& run : runs) count += run.count;
  return count;
}

AtlasShape atlas_shape(size_t count, const SegmentGrid& grid) noexcept {
  CHECK(count > 0 && count <= grid.count());
  const bool is_column = grid.height <= kBlockSide;
  const int side = is_column ? grid.height : grid.width;
  const size_t length_max = std::max<size_t>(1, size_t(kAtlasSideMax / side));
  const size_t lines = (count + length_max - 1) / length_max;
  const size_t length = (count + lines - 1) / lines;
  if (is_column) return {.columns = lines, .rows = length};
  return {.columns = length, .rows = lines};
}

size_t atlas_size(const SegmentIndex& picture, std::span<const SegmentRun> runs) noexcept {
  const size_t count = count_in(runs);
  const AtlasShape shape = atlas_shape(count, picture.grid);
  const size_t repeats = shape.columns * shape.rows - count;
  size_t size = picture.head().size();
  for (const SegmentRun& run : runs) {
    size +=
        picture.segments[size_t(run.first) + run.count].begin - picture.segments[run.first].begin;
  }
  return size + repeats * (picture.bytes_of(last_of(runs)).size() + kSegmentMarkerBytes);
}

char* write_atlas(const SegmentIndex& picture, std::span<const SegmentRun> runs,
                  char* out) noexcept {
  const AtlasShape shape = atlas_shape(count_in(runs), picture.grid);
  const std::string_view head = picture.head();
  const auto parsed = read_jpeg_head(head);
  CHECK(parsed);  // its segments were found
  char* const size = out + parsed->dimensions;
  SegmentWriter writer(head, out);
  write_16_bits(shape.rows * size_t(picture.grid.height), size);
  write_16_bits(shape.columns * size_t(picture.grid.width), size + 2);
  for (const SegmentRun& run : runs) {
    for (size_t i = 0; i < run.count; ++i) writer.add(picture.bytes_of(size_t(run.first) + i));
  }
  while (writer.count() < shape.columns * shape.rows) writer.add(picture.bytes_of(last_of(runs)));
  return writer.finish();
}

}  // namespace fanlight
