// SPDX-License-Identifier: Apache-2.0
// The formats of libcamera's cameras that we can use, where a picture is in a buffer, and when it
// was captured.
#pragma once

#include <libcamera/formats.h>
#include <libcamera/geometry.h>
#include <libcamera/pixel_format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "capture/picture/picture.h"

namespace fanlight {

// One row of the table of usable formats.
struct LibcameraPixelFormat {
  libcamera::PixelFormat libcamera_format;
  std::optional<PixelFormat> pixels;  // nothing: Motion JPEG, passed through
};

// The cheapest first: Motion JPEG costs nothing here; planar 4:2:0 goes to the encoder as it is,
// the others are unpacked or have more colour. libcamera names RGB formats like DRM, by a
// little-endian number, so the bytes are in the opposite order (drm_fourcc.h).
inline constexpr std::array kLibcameraFormats{
    LibcameraPixelFormat{libcamera::formats::MJPEG, std::nullopt},
    LibcameraPixelFormat{libcamera::formats::YUV420, PixelFormat::yuv420},
    LibcameraPixelFormat{libcamera::formats::NV12, PixelFormat::nv12},
    LibcameraPixelFormat{libcamera::formats::NV21, PixelFormat::nv21},
    LibcameraPixelFormat{libcamera::formats::YUV422, PixelFormat::yuv422},
    LibcameraPixelFormat{libcamera::formats::NV16, PixelFormat::nv16},
    LibcameraPixelFormat{libcamera::formats::YUYV, PixelFormat::yuyv},
    LibcameraPixelFormat{libcamera::formats::UYVY, PixelFormat::uyvy},
    LibcameraPixelFormat{libcamera::formats::YVYU, PixelFormat::yvyu},
    LibcameraPixelFormat{libcamera::formats::VYUY, PixelFormat::vyuy},
    LibcameraPixelFormat{libcamera::formats::BGR888, PixelFormat::rgb},
    LibcameraPixelFormat{libcamera::formats::RGB888, PixelFormat::bgr},
    LibcameraPixelFormat{libcamera::formats::XBGR8888, PixelFormat::rgbx},
    LibcameraPixelFormat{libcamera::formats::XRGB8888, PixelFormat::bgrx},
    LibcameraPixelFormat{libcamera::formats::BGRX8888, PixelFormat::xrgb},
    LibcameraPixelFormat{libcamera::formats::RGBX8888, PixelFormat::xbgr},
    LibcameraPixelFormat{libcamera::formats::R8, PixelFormat::grey},
};

// The row of a format; nullptr for one that we cannot use (Bayer patterns, H.264).
inline const LibcameraPixelFormat* find_libcamera_format(const libcamera::PixelFormat& format) {
  const auto line = std::find_if(kLibcameraFormats.begin(), kLibcameraFormats.end(),
                                 [&](const auto& each) { return each.libcamera_format == format; });
  return line == kLibcameraFormats.end() ? nullptr : &*line;
}

// How the planes of a format relate to the first one.
struct PlaneLayout {
  int planes = 1;
  uint32_t row_bytes_per_pixel = 1;  // of the first plane
  uint32_t colour_stride_divisor = 1;
  uint32_t colour_rows_divisor = 1;
  uint32_t width_multiple = 1;  // of a whole number of chroma samples
  uint32_t height_multiple = 1;
};

inline PlaneLayout plane_layout(PixelFormat format) {
  switch (format) {
    case PixelFormat::yuv420:
      return {3, 1, 2, 2, 2, 2};
    case PixelFormat::yuv422:
      return {3, 1, 2, 1, 2, 1};
    case PixelFormat::yuv444:
      return {3, 1, 1, 1, 1, 1};
    case PixelFormat::nv12:
    case PixelFormat::nv21:
      return {2, 1, 1, 2, 2, 2};
    case PixelFormat::nv16:
      return {2, 1, 1, 1, 2, 1};
    case PixelFormat::yuyv:
    case PixelFormat::uyvy:
    case PixelFormat::yvyu:
    case PixelFormat::vyuy:
      return {1, 2, 1, 1, 2, 1};
    case PixelFormat::rgb:
    case PixelFormat::bgr:
      return {1, 3, 1, 1, 1, 1};
    case PixelFormat::rgbx:
    case PixelFormat::bgrx:
    case PixelFormat::xrgb:
    case PixelFormat::xbgr:
      return {1, 4, 1, 1, 1, 1};
    case PixelFormat::grey:
      break;
  }
  return {};
}

// Whether a format's value range has to be known: RGB is always full.
inline bool is_yuv(PixelFormat format) {
  return plane_layout(format).row_bytes_per_pixel < 3;
}

// The part of `size` that consists of whole chroma samples, so that an encoder that rounds up to
// them reads no further (RawView's invariant). Cameras have even sizes anyway.
inline libcamera::Size usable_size(PixelFormat format, const libcamera::Size& size) {
  const PlaneLayout layout = plane_layout(format);
  return size.alignedDownTo(layout.width_multiple, layout.height_multiple);
}

// A picture of `size` (a usable one) in memory: one piece per plane, or all planes contiguous in
// the first piece. `stride`: bytes from one row of the first plane to the next. Nothing when the
// pieces do not hold such a picture: the driver's numbers are not trusted.
inline std::optional<RawView> view_planes(PixelFormat format, const libcamera::Size& size,
                                          uint32_t stride,
                                          std::span<const std::span<const uint8_t>> pieces) {
  const PlaneLayout layout = plane_layout(format);
  const auto planes = static_cast<size_t>(layout.planes);
  if (size.isNull() || stride > INT32_MAX ||
      uint64_t{size.width} * layout.row_bytes_per_pixel > stride) {
    return std::nullopt;
  }
  if (pieces.empty() || (pieces.size() != 1 && pieces.size() < planes)) return std::nullopt;
  RawView view{.format = format};
  std::span<const uint8_t> rest = pieces[0];
  for (size_t plane = 0; plane < planes; ++plane) {
    if (pieces.size() > 1) rest = pieces[plane];
    const uint32_t plane_stride = plane == 0 ? stride : stride / layout.colour_stride_divisor;
    const uint32_t rows = plane == 0 ? size.height : size.height / layout.colour_rows_divisor;
    const uint64_t row_bytes = uint64_t{size.width} * layout.row_bytes_per_pixel /
                               (plane == 0 ? 1 : layout.colour_stride_divisor);
    // After the last row of the last plane there may be less than a stride.
    const uint64_t bytes = uint64_t{plane_stride} * rows;
    if (bytes - plane_stride + row_bytes > rest.size()) return std::nullopt;
    view.planes[plane] = rest.data();
    view.strides[plane] = static_cast<int>(plane_stride);
    rest = rest.subspan(static_cast<size_t>(std::min<uint64_t>(bytes, rest.size())));
  }
  return view;
}

// When a picture was captured, from the time stamp in its metadata: nanoseconds of CLOCK_MONOTONIC
// for every driver that we know, of CLOCK_BOOTTIME where uvcvideo was configured so; libcamera does
// not specify it. The latter is ahead of the former by the time that the machine was suspended, so
// a stamp in the future is from the other clock, and one a minute old is invalid: both mean `now`.
inline Instant capture_instant(uint64_t stamp_ns, Instant now) {
  constexpr Duration kOldest = 1min;
  const auto now_ns = static_cast<uint64_t>(now.time_since_epoch().count());
  if (stamp_ns > now_ns || now_ns - stamp_ns > static_cast<uint64_t>(kOldest.count())) return now;
  return Instant(Duration(static_cast<int64_t>(stamp_ns)));
}

}  // namespace fanlight
