// SPDX-License-Identifier: Apache-2.0
// EXIF time: when a picture was taken, according to its camera.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "core/time.h"

namespace fanlight {

// DateTimeOriginal of a JPEG with its fraction (SubSecTimeOriginal) and its zone
// (OffsetTimeOriginal; without it, this machine's local time): EXIF 2.32, sections 4.6.5 and 4.7.2.
// Nothing when it is absent, makes no sense, or is before 2001, where cameras start whose clock was
// never set. Trusts nothing in the file; reads only within `jpeg`, and only up to its first scan.
std::optional<WallTime> exif_capture_time(std::span<const std::byte> jpeg);

}  // namespace fanlight
