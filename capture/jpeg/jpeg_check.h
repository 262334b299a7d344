// SPDX-License-Identifier: Apache-2.0
// JPEG check: whether this is a whole JPEG that browsers show. Applied to every picture that was
// encoded elsewhere, because a broken one would reach all viewers.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fanlight {

struct JpegCheck {
  std::string_view problem;  // in words, a constant; empty when it is a whole JPEG
  int width = 0;             // pixels, as a browser shows it; valid when there is no problem
  int height = 0;
  // Bytes up to and including EOI, or up to where it is missing; anything after that was padded by
  // the camera or appended by a phone.
  size_t size = 0;
  bool lacks_end = false;    // no EOI, and not shown whole without one
  int exif_orientation = 1;  // 1..8 (exif_orientation.h)

  bool ok() const { return problem.empty(); }
};

// Walks the segments from SOI to EOI (ITU-T T.81, annex B) without decoding. It refuses truncated
// pictures, headers that contradict themselves or T.81, missing tables (except those of Motion
// JPEG), and sizes with too little data, or beyond the limits of JpegReader. Bytes between segments
// that belong to none are skipped, as decoders do. Damaged pixels pass: only a decoder finds them,
// at the cost of an encoder. Reads each byte of the scans once.
//
// Where EOI is missing, or a scan is followed by something that is not a marker, the picture is
// decoded to find out whether it is whole (size_of_whole()).
JpegCheck check_jpeg(std::span<const std::byte> data) noexcept;

// The same for a JPEG that is served byte for byte. Without EOI it is refused as cut off, unless it
// is progressive or padding follows: browsers' decoders read 8 bytes ahead, and withhold the last
// row of blocks forever. Also refused: an SOI that no marker follows, because browsers recognize
// only ff d8 ff as a JPEG (WHATWG MIME Sniffing, section 6.1).
JpegCheck check_verbatim_jpeg(std::span<const std::byte> data) noexcept;

}  // namespace fanlight
