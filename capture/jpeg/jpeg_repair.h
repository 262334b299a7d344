// SPDX-License-Identifier: Apache-2.0
// JPEG repair: copies a camera's JPEG from the camera's memory to its destination, in the form in
// which it is served. Firmware omits and adds things that viewers stumble over:
//
//   Huffman tables  Motion JPEG omits them, all or some, and implies those of T.81 annex K, which
//                   not every viewer knows: they are inserted (RFC 2435 section 3.1 describes the
//                   same for RTP)
//   APP1            EXIF, mostly with a thumbnail: a JPEG in a JPEG, whose end naive readers take
//                   for the picture's; removed, except for the orientation
//                   (exif_orientation.h). Other segments are kept
//   stray bytes     bytes between segments that belong to none; removed
//   padding         bytes after EOI, up to the size of the camera's buffer; removed
//   EOI             added where it is missing although the picture is complete
#pragma once

#include <cstddef>
#include <span>

#include "capture/jpeg/written_jpeg.h"

namespace fanlight {

// The most bytes that a repair can add: four Huffman tables in one DHT segment; EOI; and the end of
// the EXIF directory, which an APP1 of 32 bytes can lack.
inline constexpr size_t kJpegRepairGrowth = 420 + 2 + 4;

// Checks as check_jpeg() does, and copies in the same pass. Each byte of the picture data is read
// from `data` once, in long runs, and examined in `out`: a driver's buffers may be uncached (DMA
// memory of a CSI bridge on arm), where a second read costs as much as the first. The content of
// `out` is undefined when there is a problem.
WrittenJpeg repair_jpeg(std::span<const std::byte> data, std::span<std::byte> out) noexcept;

}  // namespace fanlight
