// SPDX-License-Identifier: Apache-2.0
#include "capture/change/picture_cells.h"

#include <algorithm>
#include <span>

#include "core/check.h"

namespace fanlight {
namespace {

int divided_up(int value, int by) {
  return (value + by - 1) / by;
}

// Where a pixel of packed RGB has its colours, green first: it shows brightness best.
std::array<int, 3> offsets_in(PixelFormat format) {
  const bool is_padded_before = format == PixelFormat::xrgb || format == PixelFormat::xbgr;
  if (is_padded_before) return {2, 1, 3};
  return {1, 0, 2};
}

// Samples in memory: one every `step` bytes.
struct Samples {
  const uint8_t* first;
  int stride;
  int step;
  int width;
  int height;
};

// Adds up to four rows, so that the inner loops are simple enough to be vectorized.
template <int kStep>
void sum_cells(const Samples& samples, CellPlane& plane) {
  constexpr int kStripe = 256;  // cells
  std::array<int16_t, size_t(kStripe) * kCellSide> columns;
  for (int row = 0; row < plane.rows; ++row) {
    const int top = row * kCellSide;
    const int lines = std::min(kCellSide, samples.height - top);
    for (int left = 0; left < plane.columns; left += kStripe) {
      const int cells = std::min(kStripe, plane.columns - left);
      const int width = std::min(cells * kCellSide, samples.width - left * kCellSide);
      columns.fill(0);
      for (int y = top; y < top + lines; ++y) {
        const uint8_t* from =
            samples.first + ptrdiff_t(y) * samples.stride + ptrdiff_t(left) * kCellSide * kStep;
        for (int x = 0; x < width; ++x) {
          columns[size_t(x)] = static_cast<int16_t>(columns[size_t(x)] + from[x * kStep]);
        }
      }
      int16_t* to = plane.sums.data() + ptrdiff_t(row) * plane.columns + left;
      for (int i = 0; i < cells; ++i) {
        const int16_t* four = &columns[size_t(i) * kCellSide];
        to[i] = static_cast<int16_t>(four[0] + four[1] + four[2] + four[3]);
      }
    }
  }
}

void sum_cells(const Samples& samples, CellPlane& plane) {
  switch (samples.step) {
    case 1:
      return sum_cells<1>(samples, plane);
    case 3:
      return sum_cells<3>(samples, plane);
    case 4:
      return sum_cells<4>(samples, plane);
    default:
      CHECK(false);
  }
}

}  // namespace

bool PictureCells::has_shape_of(const PictureCells& other) const {
  if (count != other.count) return false;
  for (size_t i = 0; i < count; ++i) {
    if (!planes[i].has_shape_of(other.planes[i])) return false;
  }
  return true;
}

// `width` and `height` of the plane, in samples.
void PictureCells::shape(size_t plane, int width, int height, int pixels_across, int pixels_down) {
  CellPlane& shaped = planes[plane];
  shaped.columns = divided_up(width, kCellSide);
  shaped.rows = divided_up(height, kCellSide);
  shaped.pixels_across = pixels_across;
  shaped.pixels_down = pixels_down;
  shaped.sums.resize(size_t(shaped.columns) * size_t(shaped.rows));
}

void PictureCells::read(const RawView& raw, int width, int height) {
  const int pixel = packed_rgb_bytes(raw.format);
  count = raw.format == PixelFormat::grey ? 1 : 3;
  for (size_t i = 0; i < count; ++i) {
    const bool is_chroma = pixel == 0 && i > 0;
    const int across = is_chroma ? 2 : 1;
    const int down = is_chroma && raw.format == PixelFormat::yuv420 ? 2 : 1;
    const Samples samples = {
        .first = pixel == 0 ? raw.planes[i] : raw.planes[0] + offsets_in(raw.format)[i],
        .stride = pixel == 0 ? raw.strides[i] : raw.strides[0],
        .step = std::max(pixel, 1),
        .width = divided_up(width, across),
        .height = divided_up(height, down)};
    shape(i, samples.width, samples.height, kCellSide * across, kCellSide * down);
    sum_cells(samples, planes[i]);
  }
}

}  // namespace fanlight
