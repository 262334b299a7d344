// SPDX-License-Identifier: Apache-2.0
#include "capture/picture/raw_convert.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"

// The loops over a row's bytes are written so that the compiler vectorizes them: no branches, no
// calls, at most sixteen bits per value. CMakeLists.txt enables it (-O3).

namespace fanlight {
namespace {

// 16..235 to 0..255 (BT.601, section 2.5.3). 149/128 is 255/219 within a three-thousandth.
void widen_luma(uint8_t* row, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const auto above = static_cast<uint16_t>(row[i] > 16 ? row[i] - 16 : 0);
    const auto wide = static_cast<uint16_t>(static_cast<uint16_t>(above * 149u + 64u) >> 7);
    row[i] = static_cast<uint8_t>(wide > 255 ? 255 : wide);
  }
}

// 16..240 around 128 to 0..255. 146/128 is 255/224 within a five-hundredth.
void widen_colour(uint8_t* row, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const auto off = static_cast<int16_t>(row[i] - 128);
    const auto scaled = static_cast<int16_t>(off * 146 + 64);
    const auto wide = static_cast<int16_t>((scaled >> 7) + 128);
    row[i] = static_cast<uint8_t>(wide < 0 ? 0 : wide > 255 ? 255 : wide);
  }
}

void split_pairs(const uint8_t* in, uint8_t* first, uint8_t* second, size_t pairs) {
  for (size_t i = 0; i < pairs; ++i) {
    first[i] = in[2 * i];
    second[i] = in[2 * i + 1];
  }
}

// Four bytes for two pixels, luma in every other byte from `kLuma` on.
template <size_t kLuma>
void unpack_row(const uint8_t* in, uint8_t* luma, uint8_t* first, uint8_t* second, size_t pairs) {
  for (size_t i = 0; i < pairs; ++i) {
    luma[2 * i] = in[4 * i + kLuma];
    luma[2 * i + 1] = in[4 * i + kLuma + 2];
    first[i] = in[4 * i + 1 - kLuma];
    second[i] = in[4 * i + 3 - kLuma];
  }
}

// `count` means of two neighbours.
void halve_row(const uint8_t* in, uint8_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<uint8_t>((in[2 * i] + in[2 * i + 1] + 1) >> 1);
  }
}

const uint8_t* row_of(const RawView& raw, size_t plane, int y) {
  return raw.planes[plane] + y * ptrdiff_t{raw.strides[plane]};
}

bool has_v_first(PixelFormat format) {
  return format == PixelFormat::nv21 || format == PixelFormat::yvyu || format == PixelFormat::vyuy;
}

bool has_planes(PixelFormat format) {
  return format == PixelFormat::yuv420 || format == PixelFormat::yuv422 ||
         format == PixelFormat::yuv444 || format == PixelFormat::grey;
}

bool is_packed_yuv(PixelFormat format) {
  return format == PixelFormat::yuyv || format == PixelFormat::uyvy ||
         format == PixelFormat::yvyu || format == PixelFormat::vyuy;
}

PixelFormat planar_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::yuv420:
    case PixelFormat::nv12:
    case PixelFormat::nv21:
      return PixelFormat::yuv420;
    case PixelFormat::grey:
      return PixelFormat::grey;
    default:
      return PixelFormat::yuv422;
  }
}

void point_to(RawView& out, size_t plane, RawPlane& memory) {
  out.planes[plane] = memory.data();
  out.strides[plane] = memory.stride();
}

}  // namespace

bool is_packed_rgb(PixelFormat format) {
  return format >= PixelFormat::rgb;
}

RawView RawConverter::convert(const RawView& raw, int width, int height) {
  CHECK(width > 0 && height > 0);
  if (is_packed_rgb(raw.format)) return raw;
  const PixelFormat planar = planar_of(raw.format);
  if (planar == raw.format && !raw.limited_range) return raw;
  RawView out{.format = planar};
  if (is_packed_yuv(raw.format)) {
    unpack(raw, width, height, out);
  } else {
    take_luma(raw, width, height, out);
    if (planar != PixelFormat::grey) take_colour(raw, width, height, out);
  }
  return out;
}

// Not copied if its range is right and it is readable as far as an encoder reads.
void RawConverter::take_luma(const RawView& raw, int width, int height, RawView& out) {
  const bool readable = has_planes(raw.format) || (width % 2 == 0 && height % 2 == 0);
  if (readable && !raw.limited_range) {
    out.planes[0] = raw.planes[0];
    out.strides[0] = raw.strides[0];
    return;
  }
  RawPlane& plane = planes_[0];
  plane.resize(width, height);
  for (int y = 0; y < height; ++y) {
    uint8_t* to = plane.row(y).data();
    std::memcpy(to, row_of(raw, 0, y), static_cast<size_t>(width));
    if (raw.limited_range) widen_luma(to, static_cast<size_t>(width));
  }
  plane.pad();
  point_to(out, 0, plane);
}

void RawConverter::take_colour(const RawView& raw, int width, int height, RawView& out) {
  const int rows = out.format == PixelFormat::yuv420 ? (height + 1) / 2 : height;
  const int columns = (width + 1) / 2;
  const auto count = static_cast<size_t>(columns);
  RawPlane& u = planes_[1];
  RawPlane& v = planes_[2];
  u.resize(columns, rows);
  v.resize(columns, rows);
  for (int y = 0; y < rows; ++y) {
    uint8_t* to_u = u.row(y).data();
    uint8_t* to_v = v.row(y).data();
    if (!has_planes(raw.format)) {
      if (has_v_first(raw.format)) std::swap(to_u, to_v);
      split_pairs(row_of(raw, 1, y), to_u, to_v, count);
    } else if (raw.format == PixelFormat::yuv444) {
      halve_row(row_of(raw, 1, y), to_u, count - static_cast<size_t>(width % 2));
      halve_row(row_of(raw, 2, y), to_v, count - static_cast<size_t>(width % 2));
      if (width % 2 != 0) {
        to_u[columns - 1] = row_of(raw, 1, y)[width - 1];
        to_v[columns - 1] = row_of(raw, 2, y)[width - 1];
      }
    } else {
      std::memcpy(to_u, row_of(raw, 1, y), count);
      std::memcpy(to_v, row_of(raw, 2, y), count);
    }
    if (raw.limited_range) {
      widen_colour(to_u, count);
      widen_colour(to_v, count);
    }
  }
  point_to(out, 1, u);
  point_to(out, 2, v);
}

void RawConverter::unpack(const RawView& raw, int width, int height, RawView& out) {
  const bool luma_first = raw.format == PixelFormat::yuyv || raw.format == PixelFormat::yvyu;
  const int columns = (width + 1) / 2;
  const auto count = static_cast<size_t>(columns);
  planes_[0].resize(2 * columns, height);
  planes_[1].resize(columns, height);
  planes_[2].resize(columns, height);
  for (int y = 0; y < height; ++y) {
    uint8_t* to_y = planes_[0].row(y).data();
    uint8_t* to_u = planes_[1].row(y).data();
    uint8_t* to_v = planes_[2].row(y).data();
    if (has_v_first(raw.format)) std::swap(to_u, to_v);
    const uint8_t* from = row_of(raw, 0, y);
    if (luma_first) {
      unpack_row<0>(from, to_y, to_u, to_v, count);
    } else {
      unpack_row<1>(from, to_y, to_u, to_v, count);
    }
    if (raw.limited_range) {
      widen_luma(to_y, 2 * count);
      widen_colour(to_u, count);
      widen_colour(to_v, count);
    }
  }
  for (size_t plane = 0; plane < 3; ++plane) point_to(out, plane, planes_[plane]);
}

}  // namespace fanlight
