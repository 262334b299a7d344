// SPDX-License-Identifier: Apache-2.0
// RawConverter: raw pictures in the layouts that cameras have, into those that encoders take.
#pragma once

#include <array>

#include "capture/picture/picture.h"
#include "capture/picture/raw_plane.h"

namespace fanlight {

// Whether each pixel has its red, green and blue side by side.
bool is_packed_rgb(PixelFormat format);

// Owns: planes for what has to be moved; what can stay where it is, stays.
// Thread: one at a time.
class RawConverter {
 public:
  // The picture as yuv420, yuv422 or grey in full range; packed RGB as it is. Nothing is scaled
  // but the colours of yuv444, of which half the columns are kept: in motion nobody sees the
  // difference, and a place of the ring would have to hold six bytes per pixel instead of four.
  // The view is valid until the next call, and as long as `raw` is. Width and height in pixels, at
  // least 1. Rows of a packed or an nv* picture hold whole pairs of pixels. Throws std::bad_alloc.
  RawView convert(const RawView& raw, int width, int height);

 private:
  void take_luma(const RawView& raw, int width, int height, RawView& out);
  void take_colour(const RawView& raw, int width, int height, RawView& out);
  void unpack(const RawView& raw, int width, int height, RawView& out);

  std::array<RawPlane, 3> planes_;
};

}  // namespace fanlight
