// SPDX-License-Identifier: Apache-2.0
// PictureScaler: smaller pictures: of raw ones in any layout, and of JPEGs, which are decoded in a
// smaller size, since that costs less than decoding them whole.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "capture/jpeg/turbojpeg_handle.h"
#include "capture/picture/orientation.h"
#include "capture/picture/planar_picture.h"
#include "capture/picture/raw_convert.h"
#include "capture/picture/raw_plane.h"
#include "capture/picture/raw_scale.h"

namespace fanlight {

// A JPEG's pixels before its EXIF orientation is applied.
struct JpegExtent {
  PictureExtent stored{};     // 0x0: not a JPEG that can be decoded
  Orientation orientation{};  // that its EXIF data demands of viewers
};
JpegExtent extent_of_jpeg(std::span<const std::byte> jpeg) noexcept;

// Owns: TurboJPEG's handles; memory for planes in the size of the pictures, where they have to be
//   converted or decoded.
// Thread: one at a time.
class PictureScaler {
 public:
  // Of a JPEG that is decoded: more pixels would take too much memory, and are refused.
  static constexpr size_t kPixelsMax = size_t{1} << 25;

  // Throws std::system_error (ENOMEM) when TurboJPEG cannot be set up.
  PictureScaler();

  // `raw` in the size `to`, which is no larger than `from`. Throws std::bad_alloc.
  void scale(const RawView& raw, PictureExtent from, PlanarPicture& result, PictureExtent to);

  // The same of a JPEG, of which this is the stored size. libjpeg leaves out the frequencies that
  // half, a quarter or an eighth of the size cannot show; what is left is scaled as raw pictures
  // are. False if it cannot be decoded; damaged data are decoded as far as possible. Throws
  // std::bad_alloc.
  bool decode(std::span<const std::byte> jpeg, PictureExtent stored, PlanarPicture& result,
              PictureExtent to);

 private:
  RawView separate(const RawView& rgb, PictureExtent size);

  TurboJpegHandle decompressor_;
  TurboJpegHandle compressor_;  // for its conversion of packed RGB
  RawConverter converter_;
  PlanarPicture separated_;
  std::array<RawPlane, 3> planes_;
};

}  // namespace fanlight
