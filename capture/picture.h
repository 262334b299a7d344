// SPDX-License-Identifier: Apache-2.0
// Picture: what a source hands over, before it is a frame.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/time.h"

namespace fanlight {

// The planes Y, U and V of a 4:2:0 picture: U and V have half the width and half the height,
// rounded up. Values are full range, as JPEG has them (JFIF 1.02).
// Invariant: every plane is readable up to the picture's size rounded up to even numbers, because
// that is how far TurboJPEG reads (tjPlaneWidth()).
struct I420View {
  std::array<const uint8_t*, 3> planes{};
  std::array<int, 3> strides{};  // bytes from one row to the next
};

// Owns: nothing; the bytes belong to the source and are valid until its next call.
// Thread: the camera's.
struct Picture {
  std::span<const std::byte> jpeg;  // passed through as it is; empty: `raw` is to be encoded
  I420View raw;
  int width = 0;  // pixels
  int height = 0;
  WallTime captured_wall;
  Instant captured_at;

  bool is_jpeg() const { return !jpeg.empty(); }
};

}  // namespace fanlight
