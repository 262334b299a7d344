// SPDX-License-Identifier: Apache-2.0
#include "capture/picture/raw_scale.h"

#include <libyuv/scale.h>

#include <algorithm>
#include <cstdint>

#include "core/check.h"

namespace fanlight {
namespace {

int half_up(int samples) {
  return (samples + 1) / 2;
}

// Of a chroma plane, in samples.
PictureExtent chroma_of(PixelFormat format, PictureExtent picture) {
  if (format == PixelFormat::yuv444) return picture;
  const bool halves_rows = format == PixelFormat::yuv420;
  return {half_up(picture.width), halves_rows ? half_up(picture.height) : picture.height};
}

// `pixels` * `part` / `whole`, rounded, even.
int scaled_side(int pixels, int part, int whole) {
  const int64_t exact = (int64_t{pixels} * part + whole / 2) / whole;
  return static_cast<int>(std::max<int64_t>(exact & ~int64_t{1}, std::min(pixels, 2)));
}

}  // namespace

PictureExtent fit_into(PictureExtent picture, PictureExtent box) {
  CHECK(picture.width > 0 && picture.height > 0 && box.width > 0 && box.height > 0);
  if (picture.width <= box.width && picture.height <= box.height) return picture;
  const bool by_width = int64_t{picture.width} * box.height >= int64_t{picture.height} * box.width;
  if (by_width) {
    const int width = std::max(box.width & ~1, 1);
    return {width, scaled_side(picture.height, box.width, picture.width)};
  }
  const int height = std::max(box.height & ~1, 1);
  return {scaled_side(picture.width, box.height, picture.height), height};
}

bool can_scale(const RawView& raw) {
  const bool has_planes = raw.format == PixelFormat::yuv420 || raw.format == PixelFormat::yuv422 ||
                          raw.format == PixelFormat::yuv444 || raw.format == PixelFormat::grey;
  return has_planes && !raw.limited_range;
}

void scale_down(const RawView& raw, PictureExtent from, PlanarPicture& result, PictureExtent to) {
  CHECK(can_scale(raw) && to.width >= 1 && to.height >= 1);
  CHECK(to.width <= from.width && to.height <= from.height);
  result.resize(to.width, to.height, raw.format == PixelFormat::grey);
  for (size_t i = 0; i < result.planes(); ++i) {
    const PictureExtent size = i == 0 ? from : chroma_of(raw.format, from);
    RawPlane& plane = result.plane(i);
    libyuv::ScalePlane(raw.planes[i], raw.strides[i], size.width, size.height, plane.data(),
                       plane.stride(), result.width_of(i), result.height_of(i), libyuv::kFilterBox);
    plane.pad();
  }
}

}  // namespace fanlight
