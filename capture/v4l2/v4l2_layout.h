// SPDX-License-Identifier: Apache-2.0
// Where the pixels of a V4L2 picture are in its memory, as granted by the driver; checked, because
// all later reads rely on these numbers.
#pragma once

#include <linux/videodev2.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "capture/picture/picture.h"
#include "capture/v4l2/v4l2_format.h"

namespace fanlight {

// Bytes of one picture; 8K in RGB with an unused byte is 133 MB.
inline constexpr size_t kImageBytesMax = size_t{256} << 20;

struct V4l2Layout {
  std::string_view problem;  // in words, a constant; empty on success
  const V4l2PixelFormat* format = nullptr;
  int width = 0;  // visible pixels
  int height = 0;
  bool limited_range = false;
  struct Plane {
    size_t bytes = 0;   // sizeimage
    size_t stride = 0;  // from one row to the next; 0 for JPEG
    size_t rows = 0;
  };
  std::array<Plane, 3> memory{};  // format->memory_planes of them

  bool ok() const { return problem.empty(); }
};

// Takes the result of VIDIOC_S_FMT or G_FMT, of a single- or multi-planar device. If a format has
// chroma at half width or height, an odd size is reduced by one: drivers disagree on the position
// of the last half chroma sample.
V4l2Layout read_v4l2_layout(const v4l2_format& granted) noexcept;

// The planes of a raw picture whose memory planes have these bytes; nothing when one of them is too
// short.
std::optional<RawView> raw_view(const V4l2Layout& layout,
                                std::span<const std::span<const std::byte>> memory) noexcept;

}  // namespace fanlight
