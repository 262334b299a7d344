// SPDX-License-Identifier: Apache-2.0
// Which of the formats and sizes that a V4L2 device offers is taken.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fanlight {

// Picture sizes that we take, both directions. Less is no picture, more is a driver's mistake.
inline constexpr int kPictureSideMin = 16;
inline constexpr int kPictureSideMax = 16384;

// One picture size of a format.
struct V4l2Size {
  int width = 0;  // pixels
  int height = 0;
  double fps_min = 0;  // pictures per second; both 0: the driver does not say
  double fps_max = 0;
};

// One format of a device.
struct V4l2Offer {
  uint32_t fourcc = 0;
  std::string description;   // the driver's
  bool is_emulated = false;  // by libv4l2, from another one
  std::vector<V4l2Size> sizes;
};

// What the user asked for; 0: nothing in particular.
struct V4l2Wish {
  int width = 0;
  int height = 0;
  double fps = 0;
};

// What to ask the device for.
struct V4l2Choice {
  uint32_t fourcc = 0;
  bool is_emulated = false;
  int width = 0;
  int height = 0;
  double fps = 0;
};

// The format: Motion JPEG if there is any, because it costs nothing here and a USB bus carries no
// raw pictures of today's sizes; else raw ones with colour; else grey; else what libv4l2 makes.
//
// The size: the one asked for or the nearest. Not asked: the largest up to 1920x1080 at which the
// device keeps the rate asked for, or 25 pictures a second, because people expect a live picture to
// move, and because viewers have screens of that size and wires that carry no more. (Cameras with
// raw formats only offer their largest sizes at 5 pictures a second.)
//
// The rate: the one asked for or the nearest; not asked: 30, which most cameras have, and which is
// what viewers' wires are thought to bear, also when the camera could do 60.
//
// Among formats that are equal in all this, the one that costs least. Nothing when there is no
// format that we know.
std::optional<V4l2Choice> choose_v4l2_format(std::span<const V4l2Offer> offers,
                                             const V4l2Wish& wish);

}  // namespace fanlight
