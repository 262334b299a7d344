// SPDX-License-Identifier: Apache-2.0
// JPEG transform: turns and mirrors a JPEG without decoding its pixels: no loss, and less work.
#pragma once

#include <cstddef>
#include <span>

#include "capture/jpeg/written_jpeg.h"
#include "capture/picture/orientation.h"

namespace fanlight {

// Writes the JPEG into `out`, turned as its EXIF says, as browsers do, and then as `orientation`
// says, with the picture's own segments and its ICC profile only: what else a camera adds is left
// out, EXIF with it, and Huffman tables that it left out are put in. Any sampling and any number of
// components that browsers show (jpegtran's way). Where the picture ends within a block of colour
// (32 pixels at most), and the edge would have to go to the other side, it loses that part of a
// block; one that is smaller than such a block stays as it is in that direction. A problem when
// `data` is not a whole JPEG, when there is not enough memory for its coefficients
// (jpeg_coefficients.h), or `out` is too small.
WrittenJpeg transform_jpeg(std::span<const std::byte> data, Orientation orientation,
                           std::span<std::byte> out) noexcept;

}  // namespace fanlight
