// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_encoder.h"

#include <cerrno>
#include <system_error>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr int kSideMax = 65500;  // libjpeg's JPEG_MAX_DIMENSION

bool is_side(int pixels) {
  return pixels >= 1 && pixels <= kSideMax;
}

// The JPEG's TJSAMP.
int sampling_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::yuv422:
      return TJSAMP_422;
    case PixelFormat::grey:
      return TJSAMP_GRAY;
    default:
      return TJSAMP_420;
  }
}

bool is_taken_as_planes(const RawView& raw) {
  const bool planar = raw.format == PixelFormat::yuv420 || raw.format == PixelFormat::yuv422 ||
                      raw.format == PixelFormat::grey;
  return planar && !raw.limited_range;
}

}  // namespace

int turbojpeg_pixels(PixelFormat format) {
  switch (format) {
    case PixelFormat::rgb:
      return TJPF_RGB;
    case PixelFormat::bgr:
      return TJPF_BGR;
    case PixelFormat::rgbx:
      return TJPF_RGBX;
    case PixelFormat::bgrx:
      return TJPF_BGRX;
    case PixelFormat::xrgb:
      return TJPF_XRGB;
    case PixelFormat::xbgr:
      return TJPF_XBGR;
    default:
      return TJPF_UNKNOWN;
  }
}

JpegEncoder::JpegEncoder() : compressor_(tjInitCompress()) {
  if (!compressor_) throw std::system_error(ENOMEM, std::system_category(), "tjInitCompress");
}

size_t JpegEncoder::worst_case(int width, int height, PixelFormat format) {
  CHECK(is_side(width) && is_side(height));
  return tjBufSize(width, height, sampling_of(format));
}

bool JpegEncoder::can_encode(const RawView& raw, int width, int height) {
  if (!is_side(width) || !is_side(height)) return false;
  return is_taken_as_planes(raw) || turbojpeg_pixels(raw.format) != TJPF_UNKNOWN;
}

size_t JpegEncoder::encode(const RawView& raw, int width, int height, int quality,
                           std::span<std::byte> out) noexcept {
  CHECK(quality >= 1 && quality <= 100);
  CHECK(takes(raw, width, height));
  const size_t capacity = bytes_needed(raw, width, height);
  CHECK(out.size() >= capacity);

  auto* jpeg = reinterpret_cast<unsigned char*>(out.data());
  unsigned long size = 0;
  const int sampling = sampling_of(raw.format);
  // Without a flag, it uses its fast and inexact DCT up to quality 95 and the exact one above.
  constexpr int kFlags = TJFLAG_NOREALLOC;
  int failed = 0;
  if (is_taken_as_planes(raw)) {
    // TurboJPEG 2.1 takes these as pointers to non-const and writes to none of them.
    const unsigned char* planes[] = {raw.planes[0], raw.planes[1], raw.planes[2]};
    failed = tjCompressFromYUVPlanes(compressor_.get(), planes, width, raw.strides.data(), height,
                                     sampling, &jpeg, &size, quality, kFlags);
  } else {
    failed = tjCompress2(compressor_.get(), raw.planes[0], width, raw.strides[0], height,
                         turbojpeg_pixels(raw.format), &jpeg, &size, sampling, quality, kFlags);
  }
  if (failed != 0) return 0;
  CHECK(jpeg == reinterpret_cast<unsigned char*>(out.data()) && size <= capacity);
  return size;
}

}  // namespace fanlight
