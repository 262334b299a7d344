// SPDX-License-Identifier: Apache-2.0
// JPEG repair: a camera's JPEG as it is to be served, on its way from the camera's memory to where
// it stays. Firmware leaves out and adds what viewers stumble over:
//
//   Huffman tables  Motion JPEG leaves them out, all or some, and means those of T.81 annex K; not
//                   every viewer knows: they are put in (RFC 2435 section 3.1 tells the same of
//                   RTP)
//   APP1            EXIF, mostly with a thumbnail: a JPEG in a JPEG, whose end naive readers take
//                   for the picture's; left out, except how the picture is to be turned
//                   (exif_orientation.h). Other segments are kept
//   stray bytes     what stands between segments and is none; left out
//   padding         what follows EOI, up to the size of the camera's buffer; left out
//   EOI             put in where it is missing and the picture is there all the same
#pragma once

#include <cstddef>
#include <span>

#include "capture/jpeg/written_jpeg.h"

namespace fanlight {

// Bytes by which a repaired JPEG can be larger than it was: four Huffman tables in one DHT segment;
// EOI; and the end of the EXIF directory, which an APP1 of 32 bytes can lack.
inline constexpr size_t kJpegRepairGrowth = 420 + 2 + 4;

// Checks as check_jpeg() does, and copies in the same pass. Each byte of the picture data is read
// from `data` once, in long runs, and looked at in `out`: a driver's buffers may not be cached (DMA
// memory of a CSI bridge on arm), where a second look costs as much as the first. What `out` holds
// is undefined when there is a problem.
WrittenJpeg repair_jpeg(std::span<const std::byte> data, std::span<std::byte> out) noexcept;

}  // namespace fanlight
