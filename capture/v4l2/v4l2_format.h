// SPDX-License-Identifier: Apache-2.0
// The formats of V4L2 devices that we can make use of, and what each of them costs us.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "capture/picture/picture.h"

namespace fanlight {

// In the order in which they are preferred, whatever their sizes.
enum class V4l2Coding : uint8_t {
  jpeg,    // passed through: no work, and the camera's own quality
  colour,  // raw, to be encoded here
  grey,    // raw, without colour: only of devices that have nothing else
};

// One line of the table.
struct V4l2PixelFormat {
  uint32_t fourcc = 0;    // V4L2_PIX_FMT_*
  std::string_view name;  // as it is known to users
  V4l2Coding coding = V4l2Coding::jpeg;
  // Work per pixel until it is a JPEG, relative to the others of its coding: what is unpacked or
  // has more colour costs more. Orders, does not measure.
  int cost = 0;
  PixelFormat pixels = PixelFormat::yuv420;  // raw ones
  bool v_before_u = false;                   // planar ones: the plane of V comes first
  // In how many pieces of memory a picture lies. With 1, its planes lie one behind another.
  int memory_planes = 1;

  bool is_jpeg() const { return coding == V4l2Coding::jpeg; }
};

// All that we can make use of.
std::span<const V4l2PixelFormat> v4l2_formats() noexcept;

// nullptr for a format that is of no use to us (H.264, Bayer patterns, ...).
const V4l2PixelFormat* find_v4l2_format(uint32_t fourcc) noexcept;

// A format's code as text, for messages: "YUYV", "H264". Bytes that cannot be printed become '?'.
std::string fourcc_text(uint32_t fourcc);

}  // namespace fanlight
