// SPDX-License-Identifier: Apache-2.0
// Chooses among the formats and sizes that a V4L2 device offers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fanlight {

// Picture sides that we accept. Anything smaller is not a picture, anything larger a driver bug.
inline constexpr int kPictureSideMin = 16;
inline constexpr int kPictureSideMax = 16384;

// One picture size of a format.
struct V4l2Size {
  int width = 0;  // pixels
  int height = 0;
  double fps_min = 0;  // pictures per second; both 0: unknown
  double fps_max = 0;
};

// One format of a device.
struct V4l2Offer {
  uint32_t fourcc = 0;
  std::string description;   // from the driver
  bool is_emulated = false;  // by libv4l2, from another one
  std::vector<V4l2Size> sizes;
};

// What the user requested; 0: no preference.
struct V4l2Wish {
  int width = 0;
  int height = 0;
  double fps = 0;
};

// What to request from the device.
struct V4l2Choice {
  uint32_t fourcc = 0;
  bool is_emulated = false;
  int width = 0;
  int height = 0;
  double fps = 0;
};

// The format: Motion JPEG if offered, because it costs nothing here and a USB bus cannot carry raw
// pictures of today's sizes; else raw with colour; else grey; else a format emulated by libv4l2.
//
// The size: the one requested or the nearest. By default the largest up to 1920x1080 at which the
// device keeps the requested rate, or 25 pictures a second, because people expect a live picture to
// move, and because viewers have screens of that size and networks that carry no more. (Cameras
// with raw formats only offer their largest sizes at 5 pictures a second.)
//
// The rate: the one requested or the nearest; by default 30, which most cameras support, and which
// viewers' networks are assumed to carry, even if the camera can do 60.
//
// Among formats that are equal in all of this, the cheapest. Nothing when there is no known format.
std::optional<V4l2Choice> choose_v4l2_format(std::span<const V4l2Offer> offers,
                                             const V4l2Wish& wish);

}  // namespace fanlight
