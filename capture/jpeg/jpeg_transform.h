// SPDX-License-Identifier: Apache-2.0
// JPEG transform: rotates and mirrors a JPEG, and divides it into segments, without decoding its
// pixels: lossless, and less work.
#pragma once

#include <cstddef>
#include <span>

#include "capture/change/picture_cells.h"
#include "capture/jpeg/written_jpeg.h"
#include "capture/picture/orientation.h"

namespace fanlight {

// Writes the JPEG into `out`, rotated as its EXIF states, as browsers do, and then by
// `orientation`. Only the picture's own segments and its ICC profile are kept: anything else that a
// camera adds is removed, including EXIF, and missing Huffman tables are inserted. Supports any
// sampling and any number of components that browsers show (jpegtran's way). Where the picture ends
// within a block of colour (32 pixels at most), and that edge would move to the opposite side, the
// partial block is cut off; a picture smaller than such a block stays as it is in that direction. A
// problem when `data` is not a whole JPEG, when there is not enough memory for its coefficients
// (jpeg_coefficients.h), or `out` is too small.
//
// With `cells` the picture is divided into segments by restart intervals of choose_segment_mcus(),
// and the cells are read on the way. Not divided, and no cells, if `data` is progressive or
// arithmetic-coded, if its components have no sampling that cells can have, or if they need several
// scans.
WrittenJpeg transform_jpeg(std::span<const std::byte> data, Orientation orientation,
                           std::span<std::byte> out, PictureCells* cells = nullptr) noexcept;

}  // namespace fanlight
