// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_check.h"

#include "capture/jpeg/jpeg_coefficients.h"
#include "capture/jpeg/jpeg_reader.h"

namespace fanlight {
namespace {

constexpr size_t kReadAhead = 8;  // bytes
// The bytes that browsers examine before they decode: SOI, and the beginning of a marker.
constexpr size_t kSignature = 3;  // bytes

}  // namespace

JpegCheck check_jpeg(std::span<const std::byte> data) noexcept {
  JpegReader reader(data);
  bool good = reader.read_start();
  do {
    good = good && reader.read_segment();
    if (good && reader.is_scan()) reader.skip_scan();
  } while (good && !reader.is_end());
  if (!good) return {.problem = reader.problem()};
  size_t size = data.size() - reader.rest().size();
  if (reader.is_doubtful()) size = size_of_whole(data, size);
  if (size == 0) return {.problem = kJpegCutOff};
  const auto [width, height] = reader.shown_size();
  return {.problem = {},
          .width = width,
          .height = height,
          .size = size,
          .lacks_end =
              reader.lacks_end() && !reader.is_progressive() && data.size() - size < kReadAhead,
          .exif_orientation = reader.exif_orientation()};
}

JpegCheck check_verbatim_jpeg(std::span<const std::byte> data) noexcept {
  const JpegCheck check = check_jpeg(data);
  if (check.lacks_end) return {.problem = kJpegCutOff};
  if (check.ok() && data[kSignature - 1] != std::byte{0xff}) {
    return {.problem = "stray bytes at its start, where browsers expect a marker"};
  }
  return check;
}

}  // namespace fanlight
