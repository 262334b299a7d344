// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/coefficient_cells.h"

#include <algorithm>

namespace fanlight {
namespace {

// The inverse DCT (ITU-T T.81 section A.3.3), summed over the 16 samples of a quarter of a block,
// in 1/1024: of the coefficient of a horizontal or vertical half wave, and of that of both.
// 16 x 1/4 x 1/sqrt(2) x m and 16 x 1/4 x m x m, with m = 0.64073, the mean of cos((2x + 1) pi/16)
// for x = 0 to 3.
constexpr int kOneWave = 1856;
constexpr int kTwoWaves = 1682;
constexpr int kFixed = 10;       // bits
constexpr int kGrey = 128 * 16;  // samples are stored less 128
constexpr int kConstant = 2;     // 16 x 1/8

struct Quarters {
  int16_t upper[2];
  int16_t lower[2];
};

int16_t sum_of(int constant, int waves) {
  constexpr int kMax = 32767;
  const int rounded = (waves + (1 << (kFixed - 1))) >> kFixed;
  return static_cast<int16_t>(std::clamp(constant + rounded, -kMax, kMax));
}

// Coefficients and table in natural order.
Quarters quarters_of(const JCOEF* block, const UINT16* table) {
  const int constant = kGrey + kConstant * block[0] * table[0];
  const int across = kOneWave * (block[1] * table[1]);
  const int down = kOneWave * (block[DCTSIZE] * table[DCTSIZE]);
  const int both = kTwoWaves * (block[DCTSIZE + 1] * table[DCTSIZE + 1]);
  return {
      .upper = {sum_of(constant, across + down + both), sum_of(constant, down - across - both)},
      .lower = {sum_of(constant, across - down - both), sum_of(constant, both - across - down)}};
}

void read_plane(j_common_ptr owner, jvirt_barray_ptr array, const jpeg_component_info& component,
                const UINT16* table, CellPlane& plane) {
  plane.columns = static_cast<int>(2 * component.width_in_blocks);
  plane.rows = static_cast<int>(2 * component.height_in_blocks);
  plane.sums.resize(size_t(plane.columns) * size_t(plane.rows));
  for (JDIMENSION y = 0; y < component.height_in_blocks; ++y) {
    const JBLOCKROW blocks = *owner->mem->access_virt_barray(owner, array, y, 1, FALSE);
    int16_t* upper = plane.sums.data() + ptrdiff_t(2 * y) * plane.columns;
    int16_t* lower = upper + plane.columns;
    for (JDIMENSION x = 0; x < component.width_in_blocks; ++x) {
      const Quarters quarters = quarters_of(blocks[x], table);
      upper = std::copy_n(quarters.upper, 2, upper);
      lower = std::copy_n(quarters.lower, 2, lower);
    }
  }
}

// A decompressor saves the tables as they were at the beginning of a component's scan.
const JQUANT_TBL& table_of(const jpeg_decompress_struct&, const jpeg_component_info& component) {
  return *component.quant_table;
}
const JQUANT_TBL& table_of(const jpeg_compress_struct& info, const jpeg_component_info& component) {
  return *info.quant_tbl_ptrs[component.quant_tbl_no];
}

// `Info`: of libjpeg's compressor or decompressor.
template <typename Info>
bool read_planes(const Info& info, j_common_ptr owner, jvirt_barray_ptr* arrays,
                 PictureCells& cells) {
  cells.count = static_cast<size_t>(std::min(info.num_components, 3));
  for (size_t i = 0; i < cells.count; ++i) {
    const jpeg_component_info& component = info.comp_info[i];
    if (info.max_h_samp_factor % component.h_samp_factor != 0 ||
        info.max_v_samp_factor % component.v_samp_factor != 0) {
      return false;
    }
    CellPlane& plane = cells.planes[i];
    plane.pixels_across = kCellSide * info.max_h_samp_factor / component.h_samp_factor;
    plane.pixels_down = kCellSide * info.max_v_samp_factor / component.v_samp_factor;
    read_plane(owner, arrays[i], component, table_of(info, component).quantval, plane);
  }
  return true;
}

}  // namespace

bool read_cells(jpeg_decompress_struct& info, jvirt_barray_ptr* arrays, PictureCells& cells) {
  return read_planes(info, reinterpret_cast<j_common_ptr>(&info), arrays, cells);
}

bool read_cells(const jpeg_compress_struct& info, j_common_ptr owner, jvirt_barray_ptr* arrays,
                PictureCells& cells) {
  return read_planes(info, owner, arrays, cells);
}

bool read_jpeg_cells(std::span<const std::byte> jpeg, PictureCells& cells) noexcept {
  LibJpegErrors errors;
  JpegCoefficients coefficients(jpeg, errors);
  bool is_read = false;
  const bool is_whole = errors.run([&] {
    coefficients.read_head();
    is_read = read_cells(coefficients.info(), coefficients.read(), cells);
  });
  return is_whole && is_read;
}

}  // namespace fanlight
