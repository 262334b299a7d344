// SPDX-License-Identifier: Apache-2.0
#include "capture/picture/raw_rotate.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "core/check.h"

namespace fanlight {
namespace {

// Pixels from the upper left corner, or from another one with negative strides.
struct Plane {
  const uint8_t* data;
  ptrdiff_t stride;  // bytes from one row to the next
  int width;
  int height;
};

Plane upside_down(Plane plane) {
  return {plane.data + (plane.height - 1) * plane.stride, -plane.stride, plane.width, plane.height};
}

template <size_t kBytes>
void mirror(const Plane& in, RawPlane& out) {
  for (int y = 0; y < in.height; ++y) {
    const uint8_t* from = in.data + y * in.stride;
    uint8_t* to = out.row(y).data();
    const auto count = static_cast<size_t>(in.width);
    for (size_t x = 0; x < count; ++x) {
      std::memcpy(to + kBytes * x, from + kBytes * (count - 1 - x), kBytes);
    }
  }
}

void copy(const Plane& in, size_t row_bytes, RawPlane& out) {
  for (int y = 0; y < in.height; ++y) {
    std::memcpy(out.row(y).data(), in.data + y * in.stride, row_bytes);
  }
}

// Rows become columns, in square tiles, because a whole column would not stay in the cache. `to` is
// the destination of the first of them, `to_stride` may be negative.
template <size_t kBytes>
void transpose(const Plane& in, uint8_t* to, ptrdiff_t to_stride) {
  constexpr int kSquare = 16;
  for (int top = 0; top < in.height; top += kSquare) {
    const int rows = std::min(kSquare, in.height - top);
    for (int left = 0; left < in.width; left += kSquare) {
      const int columns = std::min(kSquare, in.width - left);
      for (int x = left; x < left + columns; ++x) {
        const uint8_t* from = in.data + top * in.stride + x * ptrdiff_t{kBytes};
        uint8_t* row = to + x * to_stride + top * ptrdiff_t{kBytes};
        for (int y = 0; y < rows; ++y) {
          std::memcpy(row + y * ptrdiff_t{kBytes}, from + y * in.stride, kBytes);
        }
      }
    }
  }
}

// Every orientation is a transposition, or none, with the rows and the columns in one order or in
// the other: the result's from right to left are the source's from the bottom up.
template <size_t kBytes>
void turn_plane(Plane in, Orientation orientation, RawPlane& out) {
  const auto [width, height] = orientation.size_of(in.width, in.height);
  out.resize(width * static_cast<int>(kBytes), height);
  const bool reversed = orientation.rotate == 90 || orientation.rotate == 180;
  if (orientation.is_quarter_turn()) {
    if (reversed != orientation.mirror) in = upside_down(in);
    const bool from_below = orientation.rotate == 270;
    transpose<kBytes>(in, from_below ? out.row(height - 1).data() : out.data(),
                      from_below ? -ptrdiff_t{out.stride()} : ptrdiff_t{out.stride()});
  } else {
    if (reversed) in = upside_down(in);
    if (reversed != orientation.mirror) {
      mirror<kBytes>(in, out);
    } else {
      copy(in, static_cast<size_t>(in.width) * kBytes, out);
    }
  }
  out.pad();
}

// The mean of every two rows.
Plane halve_rows(const Plane& in, RawPlane& out) {
  const int rows = (in.height + 1) / 2;
  out.resize(in.width, rows);
  for (int y = 0; y < rows; ++y) {
    const uint8_t* first = in.data + 2 * y * in.stride;
    const uint8_t* second = 2 * y + 1 < in.height ? first + in.stride : first;
    uint8_t* to = out.row(y).data();
    for (int x = 0; x < in.width; ++x)
      to[x] = static_cast<uint8_t>((first[x] + second[x] + 1) >> 1);
  }
  return {out.data(), out.stride(), in.width, rows};
}

bool has_three_bytes(PixelFormat format) {
  return format == PixelFormat::rgb || format == PixelFormat::bgr;
}

}  // namespace

RawView RawRotator::turn(const RawView& raw, int width, int height, Orientation orientation) {
  CHECK(width > 0 && height > 0);
  switch (raw.format) {
    case PixelFormat::yuv420:
    case PixelFormat::yuv422:
    case PixelFormat::grey:
      CHECK(!raw.limited_range);
      return turn_planes(raw, width, height, orientation);
    default:
      CHECK(raw.format >= PixelFormat::rgb);
      return turn_packed(raw, width, height, orientation);
  }
}

RawView RawRotator::turn_planes(const RawView& raw, int width, int height,
                                Orientation orientation) {
  const bool halve = raw.format == PixelFormat::yuv422 && orientation.is_quarter_turn();
  const int colour_height = raw.format == PixelFormat::yuv420 ? (height + 1) / 2 : height;
  RawView out{.format = halve ? PixelFormat::yuv420 : raw.format};
  for (size_t i = 0; i < (raw.format == PixelFormat::grey ? 1 : 3); ++i) {
    Plane plane{raw.planes[i], raw.strides[i], i == 0 ? width : (width + 1) / 2,
                i == 0 ? height : colour_height};
    if (halve && i > 0) plane = halve_rows(plane, halved_);
    turn_plane<1>(plane, orientation, planes_[i]);
    out.planes[i] = planes_[i].data();
    out.strides[i] = planes_[i].stride();
  }
  return out;
}

RawView RawRotator::turn_packed(const RawView& raw, int width, int height,
                                Orientation orientation) {
  const Plane plane{raw.planes[0], raw.strides[0], width, height};
  if (has_three_bytes(raw.format)) {
    turn_plane<3>(plane, orientation, planes_[0]);
  } else {
    turn_plane<4>(plane, orientation, planes_[0]);
  }
  RawView out{.format = raw.format};
  out.planes[0] = planes_[0].data();
  out.strides[0] = planes_[0].stride();
  return out;
}

}  // namespace fanlight
