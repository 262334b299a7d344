// SPDX-License-Identifier: Apache-2.0
// The formats of V4L2 devices that we can use, and what each of them costs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "capture/picture/picture.h"

namespace fanlight {

// In order of preference, regardless of size.
enum class V4l2Coding : uint8_t {
  jpeg,    // passed through: no work, and the camera's own quality
  colour,  // raw, encoded here
  grey,    // raw, without colour: only for devices that have nothing else
};

// One row of the table.
struct V4l2PixelFormat {
  uint32_t fourcc = 0;    // V4L2_PIX_FMT_*
  std::string_view name;  // as users know it
  V4l2Coding coding = V4l2Coding::jpeg;
  // Work per pixel to make it a JPEG, relative to others of its coding: unpacking or more colour
  // costs more. An order, not a measurement.
  int cost = 0;
  PixelFormat pixels = PixelFormat::yuv420;  // raw ones
  bool v_before_u = false;                   // planar ones: the V plane is first
  // Number of memory areas that a picture occupies. With 1, its planes are contiguous.
  int memory_planes = 1;

  bool is_jpeg() const { return coding == V4l2Coding::jpeg; }
};

// All formats that we can use.
std::span<const V4l2PixelFormat> v4l2_formats() noexcept;

// nullptr for a format that we cannot use (H.264, Bayer patterns, ...).
const V4l2PixelFormat* find_v4l2_format(uint32_t fourcc) noexcept;

// A format's code as text, for messages: "YUYV", "H264". Unprintable bytes become '?'.
std::string fourcc_text(uint32_t fourcc);

}  // namespace fanlight
