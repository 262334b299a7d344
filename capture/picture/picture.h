// SPDX-License-Identifier: Apache-2.0
// Picture: what a source hands over, before it becomes a frame.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/time.h"

namespace fanlight {

// How raw pixels are stored. Planar formats have one plane each for Y, U and V; nv* have one for Y
// and one for U and V interleaved; the others keep everything in the first plane.
enum class PixelFormat : uint8_t {
  yuv420,  // chroma at half width and half height
  yuv422,  // chroma at half width
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
  rgbx,  // bytes R G B and an unused one
  bgrx,
  xrgb,
  xbgr,
};

// Bytes of a pixel of packed RGB; 0 for all other formats.
constexpr int packed_rgb_bytes(PixelFormat format) {
  switch (format) {
    case PixelFormat::rgb:
    case PixelFormat::bgr:
      return 3;
    case PixelFormat::rgbx:
    case PixelFormat::bgrx:
    case PixelFormat::xrgb:
    case PixelFormat::xbgr:
      return 4;
    default:
      return 0;
  }
}

// A raw picture in memory owned elsewhere.
// Invariant: every plane of yuv420, yuv422, yuv444 and grey is readable up to the picture's size
//   rounded up to whole chroma samples, because TurboJPEG reads that far (tjPlaneWidth()).
struct RawView {
  PixelFormat format = PixelFormat::yuv420;
  // JPEG has Y in 0..255 (JFIF 1.02), video mostly 16..235 (BT.601), which has to be expanded.
  bool limited_range = false;
  std::array<const uint8_t*, 3> planes{};
  std::array<int, 3> strides{};  // bytes from one row to the next
};

// Owns: nothing; the bytes belong to the source, which defines how long they stay valid (Source).
// Thread: the camera's, and an encoder's.
struct Picture {
  std::span<const std::byte> jpeg;  // passed through; empty: `raw` is encoded
  RawView raw;
  int width = 0;  // pixels; for a JPEG an expectation, its header decides
  int height = 0;
  WallTime captured_wall;
  Instant captured_at;
  // The reason of another server's slate, which is passed on as a slate; empty for a picture.
  std::string_view slate_reason{};
  // Its number at the server that it is from; 0: it has none.
  uint64_t number = 0;
  // A repeat of the last picture, as a sign of life: nothing is published for it.
  bool is_repeat = false;
  // A JPEG that must be passed on byte for byte; others are repaired (jpeg_repair.h).
  bool is_verbatim = false;
  // A JPEG joined of another server's updates: exactly those segments have changed whose bytes did.
  bool is_joined = false;

  bool is_jpeg() const { return !jpeg.empty(); }
};

}  // namespace fanlight
