// SPDX-License-Identifier: Apache-2.0
// EXIF time: when a picture was taken, as its camera wrote it down.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "core/time.h"

namespace fanlight {

// DateTimeOriginal of a JPEG with its fraction (SubSecTimeOriginal) and its zone
// (OffsetTimeOriginal; without one it is the local time of this machine): EXIF 2.32, sections 4.6.5
// and 4.7.2. Nothing where there is none, where it makes no sense, and for times before 2001: so
// cameras count whose clock was never set. Believes nothing that the file says; reads only within
// `jpeg`, and only as far as its first scan.
std::optional<WallTime> exif_capture_time(std::span<const std::byte> jpeg);

}  // namespace fanlight
