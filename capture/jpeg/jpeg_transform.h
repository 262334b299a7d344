// SPDX-License-Identifier: Apache-2.0
// JPEG transform: rotates and mirrors a JPEG, and divides it into segments, without decoding its
// pixels: lossless, and less work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "capture/jpeg/written_jpeg.h"
#include "capture/picture/orientation.h"

namespace fanlight {

enum class JpegDivision : uint8_t {
  none,      // no restart intervals
  segments,  // intervals of choose_segment_mcus(), if one scan holds all components
};

// Writes the JPEG into `out`, rotated as its EXIF states, as browsers do, and then by
// `orientation`. Only the picture's own segments and its ICC profile are kept: anything else that a
// camera adds is removed, including EXIF, and missing Huffman tables are inserted. Supports any
// sampling and any number of components that browsers show (jpegtran's way). Where the picture ends
// within a block of colour (32 pixels at most), and that edge would move to the opposite side, the
// partial block is cut off; a picture smaller than such a block stays as it is in that direction. A
// problem when `data` is not a whole JPEG, when there is not enough memory for its coefficients
// (jpeg_coefficients.h), or `out` is too small.
WrittenJpeg transform_jpeg(std::span<const std::byte> data, Orientation orientation,
                           std::span<std::byte> out,
                           JpegDivision division = JpegDivision::none) noexcept;

}  // namespace fanlight
