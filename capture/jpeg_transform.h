// SPDX-License-Identifier: Apache-2.0
// JpegTransformer: turns and mirrors a JPEG without decoding its pixels: no loss, and less work.
#pragma once

#include <cstddef>
#include <span>

#include "capture/orientation.h"
#include "capture/turbojpeg_handle.h"
#include "capture/written_jpeg.h"

namespace fanlight {

// Owns: a TurboJPEG transformer, and the memory that it writes to, which grows as it must.
// Thread: one at a time.
class JpegTransformer {
 public:
  // Throws std::system_error (ENOMEM) when TurboJPEG cannot be set up.
  JpegTransformer();

  // Writes the turned JPEG into `out`, with the picture's own segments only: what a camera adds is
  // left out, Huffman tables that it left out are put in. Where the picture ends within a block of
  // colour (16 pixels at most), and the edge would have to go to the other side, it loses that
  // part of a block. A problem when `data` is not a whole JPEG, or `out` is too small. The result
  // goes through memory of our own, because no size of it is certain (a damaged picture can grow),
  // and TurboJPEG checks none.
  WrittenJpeg transform(std::span<const std::byte> data, Orientation orientation,
                        std::span<std::byte> out) noexcept;

 private:
  TurboJpegHandle transformer_;
  TurboJpegBuffer buffer_;
  unsigned long buffer_size_ = 0;
};

}  // namespace fanlight
