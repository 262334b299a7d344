// SPDX-License-Identifier: Apache-2.0
// PictureWriter: writes one picture, in whatever form the source gives it, into one place of the
// ring as the JPEG that viewers get.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "capture/change/picture_cells.h"
#include "capture/jpeg/encoder.h"
#include "capture/jpeg/jpeg_encoder.h"
#include "capture/jpeg/segment_encoder.h"
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
  //
  // With `cells` the JPEG is divided into segments (capture/jpeg/jpeg_segments.h), its pixels as
  // without, and its cells are read; or it is written as without, if it cannot be divided
  // (WrittenJpeg::divided). Not for slates.
  WrittenJpeg write(const Picture& picture, std::span<std::byte> place,
                    PictureCells* cells = nullptr) noexcept;

  // 1..100, from the next encoded picture on.
  void set_quality(int quality);

  // Whether write() without cells does little more than copy.
  bool is_copy(const Picture& picture) const;
  bool has_hardware() const { return hardware_ != nullptr; }

 private:
  Orientation orientation_of(const Picture& picture) const;
  WrittenJpeg copy(const Picture& picture, std::span<std::byte> place) noexcept;
  WrittenJpeg encode(const Picture& picture, std::span<std::byte> place) noexcept;
  WrittenJpeg encode_with(Encoder& encoder, const Picture& picture, std::span<std::byte> place,
                          PictureCells* cells = nullptr);
  WrittenJpeg divide(const Picture& picture, std::span<std::byte> place,
                     PictureCells& cells) noexcept;
  WrittenJpeg divide_jpeg(const Picture& picture, std::span<std::byte> place,
                          PictureCells& cells) noexcept;
  WrittenJpeg divide_raw(const Picture& picture, std::span<std::byte> place,
                         PictureCells& cells) noexcept;

  PictureWriterConfig config_;
  std::unique_ptr<Encoder> hardware_;
  JpegEncoder software_;
  SegmentEncoder segment_encoder_;
  std::vector<std::byte> hardware_jpeg_;  // before it is divided
  RawConverter converter_;
  RawRotator rotator_;
};

}  // namespace fanlight
