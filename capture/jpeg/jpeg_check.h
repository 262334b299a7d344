// SPDX-License-Identifier: Apache-2.0
// JPEG check: is this a whole JPEG that browsers show? Asked of every picture that was encoded by
// somebody else, because a broken one would reach all viewers.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fanlight {

struct JpegCheck {
  std::string_view problem;  // in words, a constant; empty when it is a whole JPEG
  int width = 0;             // pixels, as a browser shows it; valid when there is no problem
  int height = 0;
  // Bytes up to and including EOI, or up to where it is missing; cameras pad, and phones append,
  // what follows.
  size_t size = 0;
  bool lacks_end = false;    // and is not shown whole as it is
  int exif_orientation = 1;  // 1..8 (exif_orientation.h)

  bool ok() const { return problem.empty(); }
};

// Walks the segments from SOI to EOI (ITU-T T.81, annex B) without decoding. Refused are truncated
// pictures, headers that contradict themselves or what T.81 allows, missing tables (those of Motion
// JPEG excepted), and sizes for which there is too little data, or beyond the limits of JpegReader.
// What stands between segments and is none is passed over, as decoders do. Damaged pixels pass:
// only a decoder finds them, at the price of an encoder. Reads each byte of the scans once.
//
// Where EOI is missing, or something that is no marker follows a scan, the picture is decoded to
// know whether it is whole (size_of_whole()).
JpegCheck check_jpeg(std::span<const std::byte> data) noexcept;

// The same for one that is to be served byte for byte. Without EOI it is refused as cut off, unless
// it is progressive or padding follows: decoders of browsers read 8 bytes ahead, and wait for ever
// with the last row of blocks. Refused, too, is one whose SOI no marker follows: browsers take only
// ff d8 ff for a JPEG (WHATWG MIME Sniffing, section 6.1).
JpegCheck check_verbatim_jpeg(std::span<const std::byte> data) noexcept;

}  // namespace fanlight
