// SPDX-License-Identifier: Apache-2.0
// RawConverter: converts raw pictures from the layouts of cameras to those that encoders take.
#pragma once

#include <array>

#include "capture/picture/picture.h"
#include "capture/picture/raw_plane.h"

namespace fanlight {

// Whether each pixel has its red, green and blue adjacent.
bool is_packed_rgb(PixelFormat format);

// Owns: planes for data that has to be moved; the rest stays where it is.
// Thread: one at a time.
class RawConverter {
 public:
  // The picture as full-range yuv420, yuv422 or grey; packed RGB unchanged. The only scaling is
  // that of yuv444's chroma, which loses every second column: in motion the difference is
  // invisible, and a place of the ring would need six bytes per pixel instead of four. The view is
  // valid until the next call, and as long as `raw` is. Width and height in pixels, at least 1.
  // Rows of a packed or an nv* picture hold whole pairs of pixels. Throws std::bad_alloc.
  RawView convert(const RawView& raw, int width, int height);

 private:
  void take_luma(const RawView& raw, int width, int height, RawView& out);
  void take_colour(const RawView& raw, int width, int height, RawView& out);
  void unpack(const RawView& raw, int width, int height, RawView& out);

  std::array<RawPlane, 3> planes_;
};

}  // namespace fanlight
