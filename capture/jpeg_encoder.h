// SPDX-License-Identifier: Apache-2.0
// JpegEncoder: raw pictures into JPEGs, written where they stay.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "capture/picture.h"

namespace fanlight {

// Owns: a TurboJPEG compressor.
// Thread: one at a time.
// Invariant: writes only within the span that it is given.
class JpegEncoder {
 public:
  // Throws std::system_error (ENOMEM) when TurboJPEG cannot be set up.
  JpegEncoder();

  // Bytes that encode() wants to have for a picture of this size, whatever it shows: tjBufSize()
  // for 4:2:0, about three bytes per pixel. Width and height in 1..65535.
  static size_t worst_case(int width, int height);

  // Encodes with 4:2:0 subsampling into `out`, which must hold worst_case() bytes: TurboJPEG would
  // write past a smaller one without a word (TJFLAG_NOREALLOC). Quality in 1..100. Returns the
  // JPEG's size, 0 when the library refused (it ran out of memory).
  size_t encode(const RawView& raw, int width, int height, int quality,
                std::span<std::byte> out) noexcept;

 private:
  struct Destroy {
    void operator()(void* compressor) const noexcept;
  };
  std::unique_ptr<void, Destroy> compressor_;
};

}  // namespace fanlight
