// SPDX-License-Identifier: Apache-2.0
// RawRotator: rotates and mirrors raw pictures before they are encoded.
#pragma once

#include <array>

#include "capture/picture/orientation.h"
#include "capture/picture/picture.h"
#include "capture/picture/raw_plane.h"

namespace fanlight {

// Owns: the planes of the rotated picture.
// Thread: one at a time.
class RawRotator {
 public:
  // `raw` is a result of RawConverter::convert(). The result has the size given by
  // Orientation::size_of(), and the same format, except that a quarter turn converts yuv422 to
  // yuv420: many hardware decoders refuse chroma with half the height and the full width. Valid
  // until the next call. Throws std::bad_alloc.
  RawView turn(const RawView& raw, int width, int height, Orientation orientation);

 private:
  RawView turn_planes(const RawView& raw, int width, int height, Orientation orientation);
  RawView turn_packed(const RawView& raw, int width, int height, Orientation orientation);

  std::array<RawPlane, 3> planes_;
  RawPlane halved_;  // a chroma plane between yuv422 and yuv420
};

}  // namespace fanlight
