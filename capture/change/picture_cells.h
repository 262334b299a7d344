// SPDX-License-Identifier: Apache-2.0
// PictureCells: a picture reduced to the sums of its cells, to compare it with another one.
//
// A cell is 4x4 samples of one plane. Its sum has a quarter of a pixel's noise, and a change that
// leaves all sums as they are is finer than a cell: hardly visible, and renewed in any case
// (change_detector.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "capture/picture/picture.h"

namespace fanlight {

inline constexpr int kCellSide = 4;                         // samples
inline constexpr int kCellSamples = kCellSide * kCellSide;  // a sum's unit is 1/16 of a level
inline constexpr int kCellSumMax = 255 * kCellSamples;

// One plane: luma, chroma, or a colour.
struct CellPlane {
  int columns = 0;  // of cells
  int rows = 0;
  // Pixels of the picture on a cell's side: 4, or 8 where the plane is subsampled.
  int pixels_across = kCellSide;
  int pixels_down = kCellSide;
  // Row by row; 0 to kCellSumMax. Of fewer samples at the right and the lower edge.
  std::vector<int16_t> sums{};

  bool has_shape_of(const CellPlane& other) const {
    return columns == other.columns && rows == other.rows && pixels_across == other.pixels_across &&
           pixels_down == other.pixels_down;
  }
};

// Owns: its planes. Thread: one at a time.
struct PictureCells {
  size_t count = 0;  // planes in use: 1 or 3; the first one shows the picture's brightness best
  std::array<CellPlane, 3> planes{};

  bool has_shape_of(const PictureCells& other) const;

  // Sums of a raw picture: of planar YUV and grey, or of the colours of packed RGB; what
  // JpegEncoder::can_encode() permits. Allocates only when the size changes.
  void read(const RawView& raw, int width, int height);

 private:
  void shape(size_t plane, int width, int height, int pixels_across, int pixels_down);
};

}  // namespace fanlight
