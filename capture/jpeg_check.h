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
  int width = 0;             // pixels; valid when there is no problem
  int height = 0;
  size_t size = 0;  // bytes up to and including EOI; cameras pad, and phones append, what follows

  bool ok() const { return problem.empty(); }
};

// Walks the segments from SOI to EOI (ITU-T T.81, annex B) without decoding. Refused are truncated
// pictures, bytes where a marker must be, headers that contradict themselves, missing tables (those
// of Motion JPEG excepted), and sizes for which there is too little data. Damaged pixels pass: only
// a decoder finds them, at the price of an encoder. Reads each byte of the scans once.
JpegCheck check_jpeg(std::span<const std::byte> data) noexcept;

}  // namespace fanlight
