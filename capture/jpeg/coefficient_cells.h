// SPDX-License-Identifier: Apache-2.0
// Coefficient cells: the cells (capture/change/picture_cells.h) of a picture that is a JPEG, from
// the coefficients of its blocks, without its pixels.
#pragma once

#include <cstddef>
#include <span>

#include "capture/change/picture_cells.h"
#include "capture/jpeg/jpeg_coefficients.h"

namespace fanlight {

// Fills `cells` with those of up to three components, from `arrays`: a block has four, whose sums
// follow from its lowest four coefficients; higher ones change them little. False, and `cells` are
// undefined, if there are more components, or if their sampling factors do not divide each other.
// Call within LibJpegErrors::run().
bool read_cells(jpeg_decompress_struct& info, jvirt_barray_ptr* arrays, PictureCells& cells);

// The same for a picture that is being written: between jpeg_write_coefficients() and
// jpeg_finish_compress(). `owner` has allocated the arrays.
bool read_cells(const jpeg_compress_struct& info, j_common_ptr owner, jvirt_barray_ptr* arrays,
                PictureCells& cells);

// The same for a whole JPEG, which passed check_jpeg(). False also if it cannot be read whole.
bool read_jpeg_cells(std::span<const std::byte> jpeg, PictureCells& cells) noexcept;

}  // namespace fanlight
