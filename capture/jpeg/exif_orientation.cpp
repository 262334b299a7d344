// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/exif_orientation.h"

#include "capture/jpeg/tiff_reader.h"
#include "core/check.h"

namespace fanlight {

int read_exif_orientation(std::span<const uint8_t> app1) noexcept {
  constexpr uint16_t kTagOrientation = 274;
  const TiffReader tiff(app1);
  if (!tiff.is_valid()) return 1;
  const size_t entry = tiff.find(tiff.first_directory(), kTagOrientation);
  if (entry == 0 || tiff.type_of(entry) != TiffReader::kShort || tiff.count_of(entry) != 1) {
    return 1;
  }
  const size_t value = tiff.short_of(entry);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

Orientation orientation_of_exif(int exif_orientation) {
  CHECK(exif_orientation >= 1 && exif_orientation <= 8);
  constexpr std::array<Orientation, 8> kOrientations{{{0, false},
                                                      {0, true},
                                                      {180, false},
                                                      {180, true},
                                                      {90, true},
                                                      {90, false},
                                                      {270, true},
                                                      {270, false}}};
  return kOrientations[static_cast<size_t>(exif_orientation - 1)];
}

std::array<uint8_t, kExifOrientationBytes> exif_orientation_segment(int exif_orientation) {
  CHECK(exif_orientation >= 1 && exif_orientation <= 8);
  // APP1 and its length; the signature; TIFF with its directory at 8; one entry: the tag, type
  // short, count one, the value; no further directory.
  return {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,
          'M',  'M',  0, 42, 0,   0,   0,   8,   0, 1,
          1,    18,   0, 3,  0,   0,   0,   1,   0, static_cast<uint8_t>(exif_orientation),
          0,    0,    0, 0,  0,   0};
}

}  // namespace fanlight
