// SPDX-License-Identifier: Apache-2.0
// EXIF orientation: how a picture from a camera held on its side must be rotated before it is shown
// (CIPA DC-008, tag 274). Browsers honour it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "capture/picture/orientation.h"

namespace fanlight {

// 1..8, where 1 is upright and the default without a valid orientation. `app1` is as for
// TiffReader.
int read_exif_orientation(std::span<const uint8_t> app1) noexcept;

// What a viewer does with a picture of that EXIF orientation, 1..8.
Orientation orientation_of_exif(int exif_orientation);

// A whole APP1 segment that contains only the orientation, 1..8.
inline constexpr size_t kExifOrientationBytes = 36;
std::array<uint8_t, kExifOrientationBytes> exif_orientation_segment(int exif_orientation);

}  // namespace fanlight
