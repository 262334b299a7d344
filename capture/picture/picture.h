// SPDX-License-Identifier: Apache-2.0
// Picture: what a source hands over, before it is a frame.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/time.h"

namespace fanlight {

// How raw pixels lie in memory. Planar formats have a plane each for Y, U and V; nv* one for Y and
// one for both colours in turn; the others everything in the first plane.
enum class PixelFormat : uint8_t {
  yuv420,  // colour has half the width and half the height
  yuv422,  // colour has half the width
  yuv444,
  grey,
  nv12,  // 4:2:0, U before V
  nv21,  // 4:2:0, V before U
  nv16,  // 4:2:2, U before V
  yuyv,  // 4:2:2, bytes Y U Y V
  uyvy,
  yvyu,
  vyuy,
  rgb,  // bytes R G B
  bgr,
  rgbx,  // bytes R G B and one that means nothing
  bgrx,
  xrgb,
  xbgr,
};

// A raw picture in somebody's memory.
// Invariant: every plane of yuv420, yuv422, yuv444 and grey is readable up to the picture's size
// rounded up to whole pixels of colour, because that is how far TurboJPEG reads (tjPlaneWidth()).
struct RawView {
  PixelFormat format = PixelFormat::yuv420;
  // JPEG has Y in 0..255 (JFIF 1.02), video mostly 16..235 (BT.601): this one has to be widened.
  bool limited_range = false;
  std::array<const uint8_t*, 3> planes{};
  std::array<int, 3> strides{};  // bytes from one row to the next
};

// Owns: nothing; the bytes belong to the source, which says how long they stay (Source).
// Thread: the camera's, and an encoder's.
struct Picture {
  std::span<const std::byte> jpeg;  // passed through; empty: `raw` is to be encoded
  RawView raw;
  int width = 0;  // pixels; of a JPEG what the source expects, its own header counts
  int height = 0;
  WallTime captured_wall;
  Instant captured_at;
  // Another server's slate that is passed on as one, with its reason; empty for a picture.
  std::string_view slate_reason{};
  // The last picture again, as a sign of life: nothing is published for it.
  bool is_repeat = false;
  // A JPEG that is promised to go out byte for byte; others are repaired (jpeg_repair.h).
  bool is_verbatim = false;

  bool is_jpeg() const { return !jpeg.empty(); }
};

}  // namespace fanlight
