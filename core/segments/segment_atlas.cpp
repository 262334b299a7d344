// SPDX-License-Identifier: Apache-2.0
#include "core/segments/segment_atlas.h"

#include <algorithm>
#include <string_view>

#include "core/segments/jpeg_marker.h"

namespace fanlight {
namespace {

constexpr unsigned kMarkerBegin = 0xff;
constexpr size_t kRestartNumbers = 8;

unsigned byte_at(std::string_view text, size_t at) {
  CHECK(at < text.size());
  return static_cast<unsigned char>(text[at]);
}

// The offset of the frame header's marker in a head, in which segments of markers follow one
// another without anything between them, as find_segments() ensures.
size_t frame_header_in(std::string_view head) {
  size_t at = 2;  // after SOI
  for (;;) {
    CHECK(byte_at(head, at) == kMarkerBegin);
    const unsigned marker = byte_at(head, at + 1);
    if (marker == jpeg_marker::kSof0 || marker == jpeg_marker::kSof1) return at;
    at += 2 + byte_at(head, at + 2) * 256 + byte_at(head, at + 3);
  }
}

char* write(std::string_view text, char* out) {
  return std::copy(text.begin(), text.end(), out);
}

char* write_marker(size_t marker, char* out) {
  *out++ = static_cast<char>(kMarkerBegin);
  *out++ = static_cast<char>(marker);
  return out;
}

void write_16_bits(size_t value, char* out) {
  CHECK(value < 1 << 16);
  out[0] = static_cast<char>(value >> 8);
  out[1] = static_cast<char>(value & 0xff);
}

size_t count_in(std::span<const SegmentRun> runs) {
  size_t count = 0;
  for (const SegmentRun& run : runs) count += run.count;
  return count;
}

size_t last_of(std::span<const SegmentRun> runs) {
  return size_t(runs.back().first) + runs.back().count - 1;
}

}  // namespace

AtlasShape atlas_shape(size_t count, const SegmentGrid& grid) noexcept {
  CHECK(count > 0 && count <= grid.count());
  const size_t rows_max = std::max<size_t>(1, size_t(kAtlasHeightMax / grid.height));
  const size_t columns = (count + rows_max - 1) / rows_max;
  return {.columns = columns, .rows = (count + columns - 1) / columns};
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
  // Marker, length, precision; then height and width (section B.2.2).
  char* const size = out + frame_header_in(head) + 5;
  out = write(head, out);
  write_16_bits(shape.rows * size_t(picture.grid.height), size);
  write_16_bits(shape.columns * size_t(picture.grid.width), size + 2);

  const size_t pieces = shape.columns * shape.rows;
  size_t written = 0;
  const auto add = [&](size_t number) {
    out = write(picture.bytes_of(number), out);
    if (++written == pieces) return;
    out = write_marker(jpeg_marker::kRst0 + (written - 1) % kRestartNumbers, out);
  };
  for (const SegmentRun& run : runs) {
    for (size_t i = 0; i < run.count; ++i) add(size_t(run.first) + i);
  }
  while (written < pieces) add(last_of(runs));
  return write_marker(jpeg_marker::kEoi, out);
}

}  // namespace fanlight
