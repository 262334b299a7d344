// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_format.h"

#include <linux/videodev2.h>

#include <algorithm>

namespace fanlight {
namespace {

constexpr V4l2PixelFormat jpeg(uint32_t fourcc, std::string_view name, int cost) {
  return {.fourcc = fourcc, .name = name, .coding = V4l2Coding::jpeg, .cost = cost};
}

constexpr V4l2PixelFormat raw(uint32_t fourcc, std::string_view name, int cost, PixelFormat pixels,
                              int memory_planes = 1, bool v_before_u = false) {
  const V4l2Coding coding = pixels == PixelFormat::grey ? V4l2Coding::grey : V4l2Coding::colour;
  return {fourcc, name, coding, cost, pixels, v_before_u, memory_planes};
}

// The kernel's documentation, "Image Formats". The M variants have several memory planes, and are
// specific to multi-planar devices.
//
// Planar 4:2:0 goes to the encoder as it is. NV12 needs its chroma deinterleaved. 4:2:2 has twice
// the chroma to encode, and packed 4:2:2 has to be unpacked as well. RGB has to be converted.
//
// RGB32 and BGR32 are documented as ill defined, because drivers disagreed about the position of
// the unused byte; the remaining ones follow the documentation.
constexpr V4l2PixelFormat kFormats[] = {
    // Cameras are tuned for Motion JPEG; JPEG, where a device has both, is for stills.
    jpeg(V4L2_PIX_FMT_MJPEG, "MJPEG", 0),
    jpeg(V4L2_PIX_FMT_JPEG, "JPEG", 1),
    raw(V4L2_PIX_FMT_YUV420, "YUV420", 10, PixelFormat::yuv420),
    raw(V4L2_PIX_FMT_YVU420, "YVU420", 10, PixelFormat::yuv420, 1, true),
    raw(V4L2_PIX_FMT_YUV420M, "YUV420M", 10, PixelFormat::yuv420, 3),
    raw(V4L2_PIX_FMT_YVU420M, "YVU420M", 10, PixelFormat::yuv420, 3, true),
    raw(V4L2_PIX_FMT_NV12, "NV12", 12, PixelFormat::nv12),
    raw(V4L2_PIX_FMT_NV12M, "NV12M", 12, PixelFormat::nv12, 2),
    raw(V4L2_PIX_FMT_NV21, "NV21", 12, PixelFormat::nv21),
    raw(V4L2_PIX_FMT_NV21M, "NV21M", 12, PixelFormat::nv21, 2),
    raw(V4L2_PIX_FMT_YUV422P, "YUV422P", 14, PixelFormat::yuv422),
    raw(V4L2_PIX_FMT_YUV422M, "YUV422M", 14, PixelFormat::yuv422, 3),
    raw(V4L2_PIX_FMT_YVU422M, "YVU422M", 14, PixelFormat::yuv422, 3, true),
    raw(V4L2_PIX_FMT_NV16, "NV16", 15, PixelFormat::nv16),
    raw(V4L2_PIX_FMT_NV16M, "NV16M", 15, PixelFormat::nv16, 2),
    raw(V4L2_PIX_FMT_YUYV, "YUYV", 16, PixelFormat::yuyv),
    raw(V4L2_PIX_FMT_UYVY, "UYVY", 16, PixelFormat::uyvy),
    raw(V4L2_PIX_FMT_YVYU, "YVYU", 16, PixelFormat::yvyu),
    raw(V4L2_PIX_FMT_VYUY, "VYUY", 16, PixelFormat::vyuy),
    raw(V4L2_PIX_FMT_YUV444M, "YUV444M", 20, PixelFormat::yuv444, 3),
    raw(V4L2_PIX_FMT_YVU444M, "YVU444M", 20, PixelFormat::yuv444, 3, true),
    raw(V4L2_PIX_FMT_RGB24, "RGB24", 24, PixelFormat::rgb),
    raw(V4L2_PIX_FMT_BGR24, "BGR24", 24, PixelFormat::bgr),
    raw(V4L2_PIX_FMT_RGBX32, "RGBX32", 26, PixelFormat::rgbx),
    raw(V4L2_PIX_FMT_RGBA32, "RGBA32", 26, PixelFormat::rgbx),
    raw(V4L2_PIX_FMT_XBGR32, "XBGR32", 26, PixelFormat::bgrx),
    raw(V4L2_PIX_FMT_ABGR32, "ABGR32", 26, PixelFormat::bgrx),
    raw(V4L2_PIX_FMT_XRGB32, "XRGB32", 26, PixelFormat::xrgb),
    raw(V4L2_PIX_FMT_ARGB32, "ARGB32", 26, PixelFormat::xrgb),
    raw(V4L2_PIX_FMT_BGRX32, "BGRX32", 26, PixelFormat::xbgr),
    raw(V4L2_PIX_FMT_BGRA32, "BGRA32", 26, PixelFormat::xbgr),
    raw(V4L2_PIX_FMT_GREY, "GREY", 5, PixelFormat::grey),
};

}  // namespace

std::span<const V4l2PixelFormat> v4l2_formats() noexcept {
  return kFormats;
}

const V4l2PixelFormat* find_v4l2_format(uint32_t fourcc) noexcept {
  const auto found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                  [&](const auto& format) { return format.fourcc == fourcc; });
  return found == std::end(kFormats) ? nullptr : found;
}

// The highest bit marks the format as big endian (v4l2_fourcc_be()).
std::string fourcc_text(uint32_t fourcc) {
  std::string text;
  for (int byte = 0; byte < 4; ++byte) {
    const auto character = static_cast<char>(fourcc >> (8 * byte) & 0x7f);
    text += character >= ' ' && character <= '~' ? character : '?';
  }
  while (text.ends_with(' ')) text.pop_back();
  if (fourcc >> 31 != 0) text += "-BE";
  return text;
}

}  // namespace fanlight
