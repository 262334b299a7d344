// SPDX-License-Identifier: Apache-2.0
// PictureWriter: writes one picture, in whatever form the source gives it, into one place of the
// ring as the JPEG that viewers get.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "capture/jpeg/encoder.h"
#include "capture/jpeg/jpeg_encoder.h"
#include "capture/jpeg/written_jpeg.h"
#include "capture/picture/orientation.h"
#include "capture/picture/picture.h"
#include "capture/picture/raw_convert.h"
#include "capture/picture/raw_rotate.h"

namespace fanlight {

struct PictureWriterConfig {
  std::string camera;  // for the log
  int quality = 80;    // 1..100, for pictures encoded here
  Orientation orientation{};
};

// Owns: the encoders, and intermediate memory for pictures that need it.
// Thread: one at a time.
class PictureWriter {
 public:
  // `hardware` encodes the pictures that it supports until it fails; it may be null. Throws
  // std::system_error when TurboJPEG cannot be set up.
  explicit PictureWriter(PictureWriterConfig config, std::unique_ptr<Encoder> hardware = nullptr);

  // Raw pictures are rotated, then encoded. JPEGs are copied with missing parts added
  // (jpeg_repair.h), byte for byte if verbatim, or rotated losslessly (jpeg_transform.h). Slates
  // stay upright.
  WrittenJpeg write(const Picture& picture, std::span<std::byte> place) noexcept;

  // 1..100, from the next encoded picture on.
  void set_quality(int quality);

  // Whether write() does little more than copy.
  bool is_copy(const Picture& picture) const;
  bool has_hardware() const { return hardware_ != nullptr; }

 private:
  Orientation orientation_of(const Picture& picture) const;
  WrittenJpeg copy(const Picture& picture, std::span<std::byte> place) noexcept;
  WrittenJpeg encode(const Picture& picture, std::span<std::byte> place) noexcept;
  WrittenJpeg encode_with(Encoder& encoder, const Picture& picture, std::span<std::byte> place);

  PictureWriterConfig config_;
  std::unique_ptr<Encoder> hardware_;
  JpegEncoder software_;
  RawConverter converter_;
  RawRotator rotator_;
};

}  // namespace fanlight
