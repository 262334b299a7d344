// SPDX-License-Identifier: Apache-2.0
// Pictures of any pixels, encoded in segments: libjpeg decodes every block, the segments are found,
// and an atlas of any of them is a whole JPEG too.
#include <algorithm>
#include <vector>

#include "capture/jpeg/jpeg_check.h"
#include "capture/jpeg/jpeg_coefficients.h"
#include "capture/jpeg/segment_encoder.h"
#include "core/check.h"
#include "core/segments/find_segments.h"
#include "core/segments/segment_atlas.h"
#include "tests/fuzz/fuzz_input.h"

namespace fanlight {
namespace {

using Bytes = std::vector<std::byte>;
constexpr int kSideMax = 80;

// Every plane has room for rows of three bytes per pixel, rounded up (RawView); the pixels repeat
// the text.
struct Pixels {
  explicit Pixels(std::string_view text) : bytes(size_t{kStride} * (kSideMax + 16)) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = text.empty() ? 0 : static_cast<uint8_t>(text[i % text.size()]);
    }
  }
  static constexpr int kStride = 4 * (kSideMax + 16);
  std::vector<uint8_t> bytes;
};

void check_atlas(const SegmentIndex& index, FuzzInput& input) {
  std::vector<SegmentRun> runs;
  for (size_t at = 0; at < index.grid.count();) {
    const size_t gap = input.below(4);
    const size_t count = 1 + input.below(3);
    at += gap;
    if (at + count > index.grid.count()) break;
    runs.push_back({static_cast<uint16_t>(at), static_cast<uint16_t>(count)});
    at += count + 1;
  }
  if (runs.empty()) return;
  Bytes atlas(atlas_size(index, runs));
  char* const begin = reinterpret_cast<char*>(atlas.data());
  CHECK(write_atlas(index, runs, begin) == begin + atlas.size());
  const JpegCheck check = check_verbatim_jpeg(atlas);
  CHECK(check.ok() && check.size == atlas.size());
  CHECK(has_all_blocks(atlas));
}

}  // namespace

void fuzz(std::string_view bytes) {
  static SegmentEncoder encoder;
  constexpr PixelFormat kFormats[] = {PixelFormat::yuv420, PixelFormat::yuv422, PixelFormat::grey,
                                      PixelFormat::rgb,    PixelFormat::bgr,    PixelFormat::rgbx,
                                      PixelFormat::bgrx,   PixelFormat::xrgb,   PixelFormat::xbgr};
  FuzzInput input(bytes);
  const int width = 1 + static_cast<int>(input.below(kSideMax));
  const int height = 1 + static_cast<int>(input.below(kSideMax));
  const int quality = 1 + static_cast<int>(input.below(100));
  RawView raw{.format = kFormats[input.below(std::size(kFormats))]};
  const Pixels pixels(input.text(1024));
  raw.planes.fill(pixels.bytes.data());
  raw.strides.fill(Pixels::kStride);
  if (!encoder.takes(raw, width, height)) return;

  Bytes jpeg(encoder.bytes_needed(raw, width, height));
  const size_t size = encoder.encode(raw, width, height, quality, jpeg);
  CHECK(size > 0 && size <= jpeg.size());
  jpeg.resize(size);
  const JpegCheck check = check_verbatim_jpeg(jpeg);
  CHECK(check.ok() && check.size == size && check.width == width && check.height == height);
  CHECK(has_all_blocks(jpeg));
  SegmentIndex index{.jpeg = {reinterpret_cast<const char*>(jpeg.data()), size}};
  std::vector<Segment> segments;
  CHECK(find_segments(index.jpeg, index.grid, segments));
  index.segments = std::span(segments).first(index.grid.count() + 1);
  check_atlas(index, input);
}

}  // namespace fanlight
