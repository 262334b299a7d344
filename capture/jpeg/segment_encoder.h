// SPDX-License-Identifier: Apache-2.0
// SegmentEncoder: encodes raw pictures as JpegEncoder does, but divided into segments
// (jpeg_segments.h). By libjpeg's own interface: TurboJPEG's has no restart intervals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "capture/jpeg/encoder.h"
#include "capture/jpeg/jpeg_coefficients.h"
#include "capture/picture/picture.h"

namespace fanlight {

// Owns: a libjpeg compressor, and rows of samples padded to whole blocks.
// Thread: one at a time.
// Invariant: the pixels of its JPEGs are those of JpegEncoder's.
class SegmentEncoder final : public Encoder {
 public:
  // Throws std::system_error (ENOMEM) when libjpeg cannot be set up.
  SegmentEncoder();
  ~SegmentEncoder() override;

  std::string_view name() const override { return "libjpeg"; }
  // What JpegEncoder takes.
  bool takes(const RawView& raw, int width, int height) const override;
  // JpegEncoder's worst case, and what restart intervals add to it.
  static size_t worst_case(int width, int height, PixelFormat format);
  size_t bytes_needed(const RawView& raw, int width, int height) const override;
  // Returns 0 only when libjpeg ran out of memory.
  size_t encode(const RawView& raw, int width, int height, int quality,
                std::span<std::byte> out) noexcept override;

 private:
  void configure(const RawView& raw, int width, int height, int quality);
  void write_planes(const RawView& raw);
  void write_packed(const RawView& raw);
  JSAMPROW padded_row(const RawView& raw, int component, JDIMENSION y, uint8_t* room);

  LibJpegErrors errors_;
  jpeg_compress_struct info_{};
  std::vector<uint8_t> padding_;  // one row of MCUs, if the planes end within a block
};

}  // namespace fanlight
