// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_transform.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "capture/jpeg/coefficient_cells.h"
#include "capture/jpeg/exif_orientation.h"
#include "capture/jpeg/jpeg_check.h"
#include "capture/jpeg/jpeg_coefficients.h"
#include "capture/jpeg/jpeg_destination.h"
#include "capture/jpeg/jpeg_segments.h"
#include "core/check.h"

namespace fanlight {
namespace {

using namespace std::literals;

constexpr int kIccMarker = JPEG_APP0 + 2;  // ICC.1:2010, B.4
constexpr std::string_view kIccSignature = "ICC_PROFILE\0"sv;

// Rows become columns first; then left and right, and top and bottom, are swapped.
struct Turn {
  bool transposed;
  bool mirrored;
  bool upside_down;

  bool is_none() const { return !transposed && !mirrored && !upside_down; }
};

Turn turn_for(Orientation orientation) {
  const int rotate = orientation.rotate;
  CHECK(rotate == 0 || rotate == 90 || rotate == 180 || rotate == 270);
  return {.transposed = orientation.is_quarter_turn(),
          .mirrored = (rotate == 90 || rotate == 180) != orientation.mirror,
          .upside_down = rotate == 180 || rotate == 270};
}

// In natural order: a row of coefficients has one vertical frequency. Odd functions change their
// sign when mirrored; -1 as `sign` does that, 0 does nothing.
template <bool kTransposed>
void turn_block(const JCOEF* from, int mirror_sign, int upside_down_sign, JCOEF* to) {
  for (int vertical = 0; vertical < DCTSIZE; ++vertical) {
    for (int horizontal = 0; horizontal < DCTSIZE; ++horizontal) {
      const int value = kTransposed ? from[horizontal * DCTSIZE + vertical]
                                    : from[vertical * DCTSIZE + horizontal];
      const int sign = (horizontal % 2 * mirror_sign) ^ (vertical % 2 * upside_down_sign);
      *to++ = static_cast<JCOEF>((value ^ sign) - sign);
    }
  }
}

// One dimension of the rotated picture.
struct Side {
  int sampling_max = 1;   // the largest factor of a component
  JDIMENSION pixels = 0;  // without the part that is cut off
  JDIMENSION mcus = 0;
  JDIMENSION reversed_mcus = 0;  // whole ones, which are swapped

  Side(int factor, JDIMENSION size, bool is_reversed) : sampling_max(factor), pixels(size) {
    const auto mcu = static_cast<JDIMENSION>(sampling_max * DCTSIZE);
    if (is_reversed) reversed_mcus = size / mcu;
    if (reversed_mcus > 0) pixels = reversed_mcus * mcu;
    mcus = (pixels + mcu - 1) / mcu;
  }

  // The source of block number `at` of a component.
  JDIMENSION source_of(JDIMENSION at, int factor) const {
    const JDIMENSION reversed = reversed_mcus * static_cast<JDIMENSION>(factor);
    return at < reversed ? reversed - 1 - at : at;
  }
  bool is_reversed(JDIMENSION at, int factor) const {
    return at < reversed_mcus * static_cast<JDIMENSION>(factor);
  }
};

// Owns: libjpeg's compressor. Every function except those that create and destroy it may be left by
//   a longjmp.
class Writer {
 public:
  Writer(JpegCoefficients& coefficients, LibJpegErrors& errors, Turn turn, PictureCells* cells,
         std::span<std::byte> out)
      : coefficients_(coefficients), turn_(turn), cells_(cells), destination_(out) {
    errors.watch(info_);
  }
  Writer(const Writer&) = delete;
  ~Writer() { jpeg_destroy_compress(&info_); }

  void run() {
    coefficients_.read_head(kIccMarker);
    const jpeg_decompress_struct& source = coefficients_.info();
    // The factors of a single component are meaningless, and not every decoder ignores them.
    const bool single = source.num_components == 1;
    int horizontal = single ? 1 : source.max_h_samp_factor;
    int vertical = single ? 1 : source.max_v_samp_factor;
    JDIMENSION width = source.image_width;
    JDIMENSION height = source.image_height;
    if (turn_.transposed) {
      std::swap(horizontal, vertical);
      std::swap(width, height);
    }
    columns_ = Side(horizontal, width, turn_.mirrored);
    rows_ = Side(vertical, height, turn_.upside_down);
    if (!turn_.is_none()) request_arrays();
    jvirt_barray_ptr* arrays = coefficients_.read();
    write(turn_.is_none() ? arrays : turn_all(arrays));
  }

  int width() const { return static_cast<int>(columns_.pixels); }
  int height() const { return static_cast<int>(rows_.pixels); }
  size_t size() const { return destination_.size(); }
  bool is_too_large() const { return destination_.is_too_large(); }
  bool is_divided() const { return is_divided_; }

 private:
  jvirt_barray_ptr* turn_all(jvirt_barray_ptr* arrays) {
    for (int i = 0; i < coefficients_.info().num_components; ++i) {
      turn_.transposed ? turn_component<true>(i, arrays[i]) : turn_component<false>(i, arrays[i]);
    }
    return arrays_.data();
  }

  // Sampling factors of the rotated picture.
  std::pair<int, int> factors_of(int component) {
    const jpeg_decompress_struct& source = coefficients_.info();
    if (source.num_components == 1) return {1, 1};
    const jpeg_component_info& from = source.comp_info[component];
    return turn_.transposed ? std::pair{from.v_samp_factor, from.h_samp_factor}
                            : std::pair{from.h_samp_factor, from.v_samp_factor};
  }

  std::pair<JDIMENSION, JDIMENSION> blocks_of(int component) {
    const auto [horizontal, vertical] = factors_of(component);
    return {columns_.mcus * static_cast<JDIMENSION>(horizontal),
            rows_.mcus * static_cast<JDIMENSION>(vertical)};
  }

  j_common_ptr source() { return reinterpret_cast<j_common_ptr>(&coefficients_.info()); }

  // Before the source's arrays are allocated: both count together.
  void request_arrays() {
    for (int i = 0; i < coefficients_.info().num_components; ++i) {
      const auto [across, down] = blocks_of(i);
      arrays_[static_cast<size_t>(i)] =
          source()->mem->request_virt_barray(source(), JPOOL_IMAGE, FALSE, across, down,
                                             static_cast<JDIMENSION>(factors_of(i).second));
    }
  }

  JBLOCKROW row_of(jvirt_barray_ptr array, JDIMENSION row, bool writable) {
    return *source()->mem->access_virt_barray(source(), array, row, 1, writable ? TRUE : FALSE);
  }

  template <bool kTransposed>
  void turn_component(int component, jvirt_barray_ptr from) {
    const auto [horizontal, vertical] = factors_of(component);
    const auto [across, down] = blocks_of(component);
    for (JDIMENSION y = 0; y < down; ++y) {
      const JBLOCKROW to = row_of(arrays_[static_cast<size_t>(component)], y, true);
      const JDIMENSION from_y = rows_.source_of(y, vertical);
      const int upside_down_sign = rows_.is_reversed(y, vertical) ? -1 : 0;
      const JBLOCKROW row = kTransposed ? nullptr : row_of(from, from_y, false);
      for (JDIMENSION x = 0; x < across; ++x) {
        const JDIMENSION from_x = columns_.source_of(x, horizontal);
        const JBLOCK& block = kTransposed ? row_of(from, from_x, false)[from_y] : row[from_x];
        const int mirror_sign = columns_.is_reversed(x, horizontal) ? -1 : 0;
        turn_block<kTransposed>(block, mirror_sign, upside_down_sign, to[x]);
      }
    }
  }

  void write(jvirt_barray_ptr* arrays) {
    jpeg_create_compress(&info_);
    destination_.attach(info_);
    jpeg_copy_critical_parameters(&coefficients_.info(), &info_);
    set_geometry();
    // Without the marker, decoders of CMYK guess whether it is inverted.
    if (info_.jpeg_color_space == JCS_CMYK) {
      info_.write_Adobe_marker = coefficients_.info().saw_Adobe_marker;
    }
    choose_scans();
    if (cells_ != nullptr) divide();
    jpeg_write_coefficients(&info_, arrays);
    // Without cells there is nothing to compare.
    if (is_divided_) is_divided_ = read_cells(info_, source(), arrays, *cells_);
    write_icc_profile();
    jpeg_finish_compress(&info_);
  }

  void set_geometry() {
    info_.image_width = columns_.pixels;
    info_.image_height = rows_.pixels;
#if JPEG_LIB_VERSION >= 70
    info_.jpeg_width = columns_.pixels;
    info_.jpeg_height = rows_.pixels;
#endif
    for (int i = 0; i < info_.num_components; ++i) {
      const auto [horizontal, vertical] = factors_of(i);
      info_.comp_info[i].h_samp_factor = horizontal;
      info_.comp_info[i].v_samp_factor = vertical;
    }
    if (!turn_.transposed) return;
    std::swap(info_.X_density, info_.Y_density);
    for (JQUANT_TBL* table : info_.quant_tbl_ptrs) {
      if (table == nullptr) continue;
      for (int y = 0; y < DCTSIZE; ++y) {
        for (int x = 0; x < y; ++x) {
          std::swap(table->quantval[y * DCTSIZE + x], table->quantval[x * DCTSIZE + y]);
        }
      }
    }
  }

  // One scan for all components, unless its MCU would have too many blocks (B.2.3).
  void choose_scans() {
    int blocks = 0;
    for (int i = 0; i < info_.num_components; ++i) {
      const auto [horizontal, vertical] = factors_of(i);
      blocks += horizontal * vertical;
      scans_[static_cast<size_t>(i)] = {.comps_in_scan = 1,
                                        .component_index = {i, 0, 0, 0},
                                        .Ss = 0,
                                        .Se = DCTSIZE2 - 1,
                                        .Ah = 0,
                                        .Al = 0};
    }
    if (info_.num_components == 1 || blocks <= D_MAX_BLOCKS_IN_MCU) return;
    info_.scan_info = scans_.data();
    info_.num_scans = info_.num_components;
  }

  // The only scan of all components; columns_ counts the MCUs of one component as well.
  void divide() {
    const jpeg_decompress_struct& from = coefficients_.info();
    if (info_.num_scans > 1 || from.progressive_mode || from.arith_code) return;
    is_divided_ = true;
    const int mcu_pixels = columns_.sampling_max * rows_.sampling_max * DCTSIZE2;
    info_.restart_interval =
        static_cast<unsigned>(choose_segment_mcus(static_cast<int>(columns_.mcus), mcu_pixels));
  }

  void write_icc_profile() {
    for (const jpeg_marker_struct* marker = coefficients_.info().marker_list; marker != nullptr;
         marker = marker->next) {
      const std::string_view text(reinterpret_cast<const char*>(marker->data), marker->data_length);
      if (!text.starts_with(kIccSignature)) continue;
      jpeg_write_marker(&info_, marker->marker, marker->data, marker->data_length);
    }
  }

  JpegCoefficients& coefficients_;
  const Turn turn_;
  PictureCells* const cells_;
  jpeg_compress_struct info_{};
  JpegDestination destination_;
  Side columns_{1, 0, false};
  Side rows_{1, 0, false};
  std::array<jvirt_barray_ptr, 4> arrays_{};
  std::array<jpeg_scan_info, 4> scans_{};
  bool is_divided_ = false;
};

}  // namespace

WrittenJpeg transform_jpeg(std::span<const std::byte> data, Orientation orientation,
                           std::span<std::byte> out, PictureCells* cells) noexcept {
  const JpegCheck before = check_jpeg(data);
  if (!before.ok()) return {.problem = before.problem};
  const Orientation shown = orientation_of_exif(before.exif_orientation).then(orientation);
  LibJpegErrors errors;
  JpegCoefficients coefficients(data.first(before.size), errors);
  Writer writer(coefficients, errors, turn_for(shown), cells, out);
  // Damaged pixels are a warning; they pass here as they do without a rotation.
  if (!errors.run([&] { writer.run(); })) {
    if (writer.is_too_large()) return too_large_for_its_place();
    if (errors.lacks_memory()) return {.problem = "rotation takes half of the memory"};
    return {.problem = "cannot be rotated"};
  }
  return {.problem = {},
          .too_large = false,
          .width = writer.width(),
          .height = writer.height(),
          .size = writer.size(),
          .divided = writer.is_divided()};
}

}  // namespace fanlight
