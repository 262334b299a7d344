// SPDX-License-Identifier: Apache-2.0
// RawRotator: turns and mirrors raw pictures before they are encoded.
#pragma once

#include <array>

#include "capture/picture/orientation.h"
#include "capture/picture/picture.h"
#include "capture/picture/raw_plane.h"

namespace fanlight {

// Owns: the planes of the turned picture.
// Thread: one at a time.
class RawRotator {
 public:
  // `raw` is what RawConverter::convert() makes. The result has Orientation::size_of() its size,
  // and its format, except that a quarter turn makes yuv420 of yuv422: colour that has half the
  // height and the full width is something that many hardware decoders refuse. Valid until the
  // next call. Throws std::bad_alloc.
  RawView turn(const RawView& raw, int width, int height, Orientation orientation);

 private:
  RawView turn_planes(const RawView& raw, int width, int height, Orientation orientation);
  RawView turn_packed(const RawView& raw, int width, int height, Orientation orientation);

  std::array<RawPlane, 3> planes_;
  RawPlane halved_;  // a colour plane on its way from yuv422 to yuv420
};

}  // namespace fanlight
