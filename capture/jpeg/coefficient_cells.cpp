// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/coefficient_cells.h"

#include <algorithm>

namespace fanlight {
namespace {

// The inverse DCT (ITU-T T.81 section A.3.3), summed over the 16 samples of a quarter of a block:
// of the coefficient of a horizontal or vertical half wave, and of that of both.
// 16 x 1/4 x 1/sqrt(2) x m and 16 x 1/4 x m x m, with m = 0.64073, the mean of cos((2x + 1) pi/16)
// for x = 0 to 3.
constexpr float kOneWave = 1.8123F;
constexpr float kTwoWaves = 1.6421F;
constexpr float kConstant = 2;     // 16 x 1/8
constexpr float kGrey = 128 * 16;  // samples are stored less 128
constexpr float kMax = kCellSumMax;

// The table's entries of the lowest coefficients, which has natural order. No product of theirs
// overflows, whatever a JPEG from elsewhere says.
struct Weights {
  explicit Weights(const UINT16* table)
      : constant(kConstant * table[0]),
        across(kOneWave * table[1]),
        down(kOneWave * table[DCTSIZE]),
        both(kTwoWaves * table[DCTSIZE + 1]) {}

  float constant, across, down, both;
};

// As decoders limit samples.
int16_t rounded(float sum) {
  return static_cast<int16_t>(std::clamp(sum, 0.0F, kMax) + 0.5F);
}

void read_plane(j_common_ptr owner, jvirt_barray_ptr array, const jpeg_component_info& component,
                const UINT16* table, CellPlane& plane) {
  plane.columns = static_cast<int>(2 * component.width_in_blocks);
  plane.rows = static_cast<int>(2 * component.height_in_blocks);
  plane.sums.resize(size_t(plane.columns) * size_t(plane.rows));
  const Weights weights(table);
  for (JDIMENSION y = 0; y < component.height_in_blocks; ++y) {
    const JBLOCKROW blocks = *owner->mem->access_virt_barray(owner, array, y, 1, FALSE);
    int16_t* upper = plane.sums.data() + ptrdiff_t(2 * y) * plane.columns;
    int16_t* lower = upper + plane.columns;
    for (JDIMENSION x = 0; x < component.width_in_blocks; ++x) {
      const JCOEF* block = blocks[x];
      const float constant = kGrey + weights.constant * block[0];
      const float across = weights.across * block[1];
      const float down = weights.down * block[DCTSIZE];
      const float both = weights.both * block[DCTSIZE + 1];
      upper[2 * x] = rounded(constant + down + (across + both));
      upper[2 * x + 1] = rounded(constant + down - (across + both));
      lower[2 * x] = rounded(constant - down + (across - both));
      lower[2 * x + 1] = rounded(constant - down - (across - both));
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
  if (info.num_components > 3) return false;  // of CMYK, black would not be compared
  cells.count = static_cast<size_t>(info.num_components);
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
  return is_whole && is_read && !errors.is_damaged();
}

}  // namespace fanlight
