// SPDX-License-Identifier: Apache-2.0
// Where the pixels of a V4L2 picture lie in its memory, as the driver grants it; checked, because
// everything that is read later is found by these numbers.
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
  std::string_view problem;  // in words, a constant; empty when all is well
  const V4l2PixelFormat* format = nullptr;
  int width = 0;  // pixels that are shown
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

// Takes what VIDIOC_S_FMT or G_FMT returned, of a single- or multi-planar device. An odd size of a
// format whose colour has half of it is cut by one: drivers do not agree on where the last half
// pixel of colour would be.
V4l2Layout read_v4l2_layout(const v4l2_format& granted) noexcept;

// The planes of a raw picture whose memory planes have these bytes; nothing when one of them is too
// short to hold what it should.
std::optional<RawView> raw_view(const V4l2Layout& layout,
                                std::span<const std::span<const std::byte>> memory) noexcept;

}  // namespace fanlight
