// SPDX-License-Identifier: Apache-2.0
// JpegEncoder: encodes raw pictures with TurboJPEG directly into their destination.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "capture/jpeg/encoder.h"
#include "capture/jpeg/turbojpeg_handle.h"
#include "capture/picture/picture.h"

namespace fanlight {

// The TJPF of packed RGB; TJPF_UNKNOWN of all other layouts.
int turbojpeg_pixels(PixelFormat format);

// Owns: a TurboJPEG compressor.
// Thread: one at a time.
// Invariant: writes only within the given span.
class JpegEncoder final : public Encoder {
 public:
  // Throws std::system_error (ENOMEM) when TurboJPEG cannot be set up.
  JpegEncoder();

  // tjBufSize(): about three bytes per pixel; four for yuv422, two for grey. Packed RGB becomes
  // 4:2:0. Width and height in 1..65500.
  static size_t worst_case(int width, int height, PixelFormat format = PixelFormat::yuv420);

  std::string_view name() const override { return "TurboJPEG"; }

  // Layouts that libjpeg-turbo encodes without another copy: full-range yuv420, yuv422 and grey,
  // and packed RGB. The rest goes through RawConverter.
  static bool can_encode(const RawView& raw, int width, int height);
  bool takes(const RawView& raw, int width, int height) const override {
    return can_encode(raw, width, height);
  }

  size_t bytes_needed(const RawView& raw, int width, int height) const override {
    return worst_case(width, height, raw.format);
  }

  // Returns 0 only when the library ran out of memory. A span smaller than bytes_needed() is a bug:
  // TurboJPEG would silently write past it (TJFLAG_NOREALLOC).
  size_t encode(const RawView& raw, int width, int height, int quality,
                std::span<std::byte> out) noexcept override;

 private:
  TurboJpegHandle compressor_;
};

}  // namespace fanlight
