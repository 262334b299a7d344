// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg_encoder.h"

#include <turbojpeg.h>

#include <cerrno>
#include <system_error>

#include "core/check.h"

namespace fanlight {

void JpegEncoder::Destroy::operator()(void* compressor) const noexcept {
  tjDestroy(compressor);
}

JpegEncoder::JpegEncoder() : compressor_(tjInitCompress()) {
  if (!compressor_) throw std::system_error(ENOMEM, std::system_category(), "tjInitCompress");
}

size_t JpegEncoder::worst_case(int width, int height) {
  CHECK(width > 0 && width <= 65535 && height > 0 && height <= 65535);
  return tjBufSize(width, height, TJSAMP_420);
}

size_t JpegEncoder::encode(const RawView& raw, int width, int height, int quality,
                           std::span<std::byte> out) noexcept {
  CHECK(quality >= 1 && quality <= 100);
  const size_t capacity = worst_case(width, height);
  CHECK(out.size() >= capacity);

  // TurboJPEG 2.1 takes these as pointers to non-const and writes to none of them.
  const unsigned char* planes[] = {raw.planes[0], raw.planes[1], raw.planes[2]};
  auto* jpeg = reinterpret_cast<unsigned char*>(out.data());
  unsigned long size = 0;
  const int failed =
      tjCompressFromYUVPlanes(compressor_.get(), planes, width, raw.strides.data(), height,
                              TJSAMP_420, &jpeg, &size, quality, TJFLAG_NOREALLOC);
  if (failed != 0) return 0;
  CHECK(jpeg == reinterpret_cast<unsigned char*>(out.data()) && size <= capacity);
  return size;
}

}  // namespace fanlight
