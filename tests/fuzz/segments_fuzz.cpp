// SPDX-License-Identifier: Apache-2.0
// Any JPEG as a frame in segments: what find_segments() finds is within it and in order, and joined
// again it is the frame, byte for byte.
#include <string>
#include <vector>

#include "core/check.h"
#include "core/segments/find_segments.h"
#include "core/segments/joined_picture.h"
#include "core/segments/jpeg_head.h"
#include "core/segments/segment_atlas.h"
#include "core/segments/update_message.h"
#include "tests/fuzz/fuzz_target.h"

namespace fanlight {
namespace {

std::string write(const JoinedPicture& picture) {
  std::string text(picture.size(), '\0');
  CHECK(picture.write(text.data()) == text.data() + text.size());
  return text;
}

// An update that replaces every segment by itself.
void check_update(const SegmentIndex& index, JoinedPicture& joined) {
  const auto count = static_cast<uint16_t>(index.grid.count());
  const std::vector<SegmentRun> all = {{0, count}};
  std::string atlas(atlas_size(index, all), '\0');
  CHECK(write_atlas(index, all, atlas.data()) == atlas.data() + atlas.size());
  const JpegHead head = read_jpeg_head(index.jpeg).value();
  UpdateMessage message{.camera = "a", .sequence = 2, .timestamp = {}};
  message.update =
      SegmentUpdate{.base = 1,
                    .width = head.width,
                    .height = head.height,
                    .grid = index.grid,
                    .atlas_columns = static_cast<int>(atlas_shape(count, index.grid).columns),
                    .runs = all};
  const std::string before = write(joined);
  if (!joined.take_update(message, atlas).empty()) return;
  CHECK(joined.sequence() == 2);
  CHECK(write(joined) == before);
}

}  // namespace

void fuzz(std::string_view input) {
  constexpr size_t kBytesMax = 64 << 10;
  JoinedPicture joined(kBytesMax);
  joined.take_whole(input, 1);
  CHECK(joined.held_bytes() <= 3 * kBytesMax);
  SegmentIndex index{.jpeg = input};
  std::vector<Segment> segments;
  if (!find_segments(input, index.grid, segments)) {
    CHECK(!joined.has_segments());
    return;
  }
  CHECK(index.grid.count() > 0 && index.grid.count() <= kSegmentsMax);
  CHECK(segments.size() >= index.grid.count() + 1);
  index.segments = std::span(segments).first(index.grid.count() + 1);
  size_t at = index.head().size();
  for (size_t i = 0; i < index.grid.count(); ++i) {
    const std::string_view bytes = index.bytes_of(i);
    CHECK(bytes.data() == input.data() + at);
    at += bytes.size() + kSegmentMarkerBytes;
  }
  CHECK(at <= input.size());
  if (!joined.has_segments()) return;
  CHECK(write(joined) == input.substr(0, at));
  check_update(index, joined);
}

}  // namespace fanlight
