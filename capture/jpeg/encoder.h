// SPDX-License-Identifier: Apache-2.0
// Encoder: makes JPEGs of raw pictures: TurboJPEG everywhere, hardware where available.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "capture/picture/picture.h"

namespace fanlight {

// Thread: one at a time.
// Errors: constructors throw std::system_error; encode() returns 0.
// Invariant: writes only within the given span.
class Encoder {
 public:
  virtual ~Encoder() = default;

  // For the log: "TurboJPEG", "bcm2835-codec-encode_image at /dev/video31".
  virtual std::string_view name() const = 0;

  // Whether it supports pictures of this layout, range (RawView::limited_range) and size.
  virtual bool takes(const RawView& raw, int width, int height) const = 0;

  // Bytes that encode() needs for a supported picture, whatever its content.
  virtual size_t bytes_needed(const RawView& raw, int width, int height) const = 0;

  // Encodes a supported picture into `out`, which holds at least bytes_needed(). Width and height
  // in pixels, 1..65500; quality in 1..100; both may change from call to call. The picture is not
  // read after the return. Returns the JPEG's size in bytes, or 0 when this encoder has failed:
  // hardware is then not used again, and TurboJPEG replaces it.
  virtual size_t encode(const RawView& raw, int width, int height, int quality,
                        std::span<std::byte> out) noexcept = 0;
};

}  // namespace fanlight
