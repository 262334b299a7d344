// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/segment_encoder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "capture/jpeg/jpeg_destination.h"
#include "capture/jpeg/jpeg_encoder.h"
#include "capture/jpeg/jpeg_segments.h"
#include "core/check.h"

namespace fanlight {
namespace {

// At the end of a segment at most 7 bits are padding, and a marker follows. Its first DC difference
// of each of three components takes up to 20 bits (ITU-T T.81 section F.1.2.1) instead of a few.
constexpr size_t kSegmentGrowth = 12;
// No segment is smaller than one MCU.
constexpr int kMcuSideMin = 8;

J_COLOR_SPACE colours_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::rgb:
      return JCS_EXT_RGB;
    case PixelFormat::bgr:
      return JCS_EXT_BGR;
    case PixelFormat::rgbx:
      return JCS_EXT_RGBX;
    case PixelFormat::bgrx:
      return JCS_EXT_BGRX;
    case PixelFormat::xrgb:
      return JCS_EXT_XRGB;
    case PixelFormat::xbgr:
      return JCS_EXT_XBGR;
    case PixelFormat::grey:
      return JCS_GRAYSCALE;
    default:
      return JCS_YCbCr;
  }
}

bool is_packed(const RawView& raw) {
  return packed_rgb_bytes(raw.format) > 0;
}

JDIMENSION rounded_up(JDIMENSION value, int to) {
  const auto step = static_cast<JDIMENSION>(to);
  return (value + step - 1) / step * step;
}

}  // namespace

SegmentEncoder::SegmentEncoder() {
  errors_.watch(info_);
  if (errors_.run([this] { jpeg_create_compress(&info_); })) return;
  jpeg_destroy_compress(&info_);
  throw std::system_error(ENOMEM, std::system_category(), "jpeg_create_compress");
}

SegmentEncoder::~SegmentEncoder() {
  jpeg_destroy_compress(&info_);
}

bool SegmentEncoder::takes(const RawView& raw, int width, int height) const {
  return JpegEncoder::can_encode(raw, width, height);
}

size_t SegmentEncoder::bytes_needed(const RawView& raw, int width, int height) const {
  return worst_case(width, height, raw.format);
}

size_t SegmentEncoder::worst_case(int width, int height, PixelFormat format) {
  const auto segments = [](int pixels) { return size_t(pixels / kMcuSideMin + 1); };
  return JpegEncoder::worst_case(width, height, format) +
         kSegmentGrowth * segments(width) * segments(height);
}

// The choices of TurboJPEG 2.1 (setCompDefaults()).
void SegmentEncoder::configure(const RawView& raw, int width, int height, int quality) {
  const bool is_grey = raw.format == PixelFormat::grey;
  info_.image_width = static_cast<JDIMENSION>(width);
  info_.image_height = static_cast<JDIMENSION>(height);
  info_.in_color_space = colours_of(raw.format);
  info_.input_components = is_packed(raw) ? packed_rgb_bytes(raw.format) : is_grey ? 1 : 3;
  jpeg_set_defaults(&info_);
  jpeg_set_colorspace(&info_, is_grey ? JCS_GRAYSCALE : JCS_YCbCr);
  jpeg_set_quality(&info_, quality, TRUE);
  info_.dct_method = quality >= 96 ? JDCT_ISLOW : JDCT_FASTEST;
  info_.raw_data_in = is_packed(raw) ? FALSE : TRUE;
  info_.comp_info[0].h_samp_factor = is_grey ? 1 : 2;
  info_.comp_info[0].v_samp_factor = is_grey || raw.format == PixelFormat::yuv422 ? 1 : 2;

  const int mcu_width = info_.comp_info[0].h_samp_factor * DCTSIZE;
  const int mcu_height = info_.comp_info[0].v_samp_factor * DCTSIZE;
  const int mcus = static_cast<int>(rounded_up(info_.image_width, mcu_width)) / mcu_width;
  info_.restart_interval = static_cast<unsigned>(choose_segment_mcus(mcus, mcu_width * mcu_height));
}

size_t SegmentEncoder::encode(const RawView& raw, int width, int height, int quality,
                              std::span<std::byte> out) noexcept {
  CHECK(quality >= 1 && quality <= 100);
  CHECK(takes(raw, width, height));
  CHECK(out.size() >= bytes_needed(raw, width, height));
  JpegDestination destination(out);
  const bool is_written = errors_.run([&] {
    configure(raw, width, height, quality);
    destination.attach(info_);
    jpeg_start_compress(&info_, TRUE);
    is_packed(raw) ? write_packed(raw) : write_planes(raw);
    jpeg_finish_compress(&info_);
  });
  if (is_written) return destination.size();
  CHECK(!destination.is_too_large());
  jpeg_abort_compress(&info_);
  return 0;
}

void SegmentEncoder::write_packed(const RawView& raw) {
  while (info_.next_scanline < info_.image_height) {
    const auto offset = ptrdiff_t(info_.next_scanline) * raw.strides[0];
    JSAMPROW row = const_cast<JSAMPROW>(raw.planes[0] + offset);
    jpeg_write_scanlines(&info_, &row, 1);
  }
}

// One row of MCUs at a time. libjpeg reads whole blocks, and the planes may end within one.
void SegmentEncoder::write_planes(const RawView& raw) {
  constexpr int kRowsMax = 2 * DCTSIZE;  // of a component in an MCU
  const size_t row_bytes = rounded_up(info_.image_width, kRowsMax);
  if (padding_.size() < 3 * kRowsMax * row_bytes) padding_.resize(3 * kRowsMax * row_bytes);

  std::array<std::array<JSAMPROW, kRowsMax>, 3> rows;
  std::array<JSAMPARRAY, 3> planes;
  while (info_.next_scanline < info_.image_height) {
    uint8_t* room = padding_.data();
    for (int i = 0; i < info_.num_components; ++i) {
      const int factor = info_.comp_info[i].v_samp_factor;
      const auto height = static_cast<JDIMENSION>(factor * DCTSIZE);
      const JDIMENSION top = info_.next_scanline /
                             static_cast<JDIMENSION>(info_.max_v_samp_factor) *
                             static_cast<JDIMENSION>(factor);
      for (JDIMENSION y = 0; y < height; ++y, room += row_bytes) {
        rows[size_t(i)][y] = padded_row(raw, i, top + y, room);
      }
      planes[size_t(i)] = rows[size_t(i)].data();
    }
    jpeg_write_raw_data(&info_, planes.data(),
                        static_cast<JDIMENSION>(info_.max_v_samp_factor * DCTSIZE));
  }
}

// A row of whole blocks, repeating the last row and the last sample: the plane's own if it is as
// wide, else a copy in `room`.
JSAMPROW SegmentEncoder::padded_row(const RawView& raw, int component, JDIMENSION y,
                                    uint8_t* room) {
  const jpeg_component_info& part = info_.comp_info[component];
  const auto samples = [](JDIMENSION pixels, int factor, int max) {
    return rounded_up(pixels, max) / static_cast<JDIMENSION>(max) * static_cast<JDIMENSION>(factor);
  };
  const JDIMENSION width = samples(info_.image_width, part.h_samp_factor, info_.max_h_samp_factor);
  const JDIMENSION height =
      samples(info_.image_height, part.v_samp_factor, info_.max_v_samp_factor);
  const auto plane = static_cast<size_t>(component);
  const auto offset = ptrdiff_t(std::min(y, height - 1)) * raw.strides[plane];
  const uint8_t* row = raw.planes[plane] + offset;
  const JDIMENSION wanted = part.width_in_blocks * DCTSIZE;
  if (wanted <= width) return const_cast<JSAMPROW>(row);
  std::copy_n(row, width, room);
  std::fill(room + width, room + wanted, row[width - 1]);
  return room;
}

}  // namespace fanlight
