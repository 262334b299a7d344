// SPDX-License-Identifier: Apache-2.0
// Scaling of raw pictures to a smaller size, by libyuv.
#pragma once

#include "capture/picture/picture.h"
#include "capture/picture/planar_picture.h"

namespace fanlight {

struct PictureExtent {
  int width = 0;  // pixels; 0 of both: unknown
  int height = 0;

  bool operator==(const PictureExtent&) const = default;
};

// The largest size of the shape of `picture` that fits into `box`; never larger than the picture.
// Even numbers where the picture has several pixels, since encoders round chroma up. All at least
// 1.
PictureExtent fit_into(PictureExtent picture, PictureExtent box);

// Whether scale_down() takes it: full-range planes, as RawConverter::convert() gives them, or
// yuv444.
bool can_scale(const RawView& raw);

// `raw` in the size `to`, which is no larger than `from`, as yuv420 or grey: each pixel is the mean
// of those that it covers, or, for less than half of the size lost, interpolated between four.
// Throws std::bad_alloc.
void scale_down(const RawView& raw, PictureExtent from, PlanarPicture& result, PictureExtent to);

}  // namespace fanlight
