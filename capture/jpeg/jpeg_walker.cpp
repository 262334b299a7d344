// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_walker.h"

#include "capture/jpeg/jpeg_reader.h"

namespace fanlight {
namespace {

// Markers without a segment, and the stuffed zero of entropy-coded data.
bool stands_alone(uint8_t marker) {
  return marker == 0x00 || marker == jpeg_marker::kTem ||
         (marker >= jpeg_marker::kRst0 && marker <= jpeg_marker::kRst7);
}

}  // namespace

JpegWalker::Found JpegWalker::walk(std::string_view jpeg) noexcept {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(jpeg[at]); };
  while (at_ < jpeg.size()) {
    const size_t prefix = jpeg.find('\xff', at_);
    const size_t code = jpeg.find_first_not_of('\xff', prefix);  // T.81 B.1.1.2: fill bytes
    at_ = code != jpeg.npos ? code - 1 : jpeg.size() - (prefix != jpeg.npos ? 1 : 0);
    if (code == jpeg.npos || prefix == jpeg.npos) return Found::nothing;
    const uint8_t marker = byte(code);
    if (marker == jpeg_marker::kSoi) return Found::start;
    if (stands_alone(marker) || marker == jpeg_marker::kEoi) {
      at_ = code + 1;
      if (marker == jpeg_marker::kEoi) return Found::end;
      continue;
    }
    if (code + 2 >= jpeg.size()) return Found::nothing;
    const size_t length = size_t{byte(code + 1)} << 8 | byte(code + 2);
    at_ = code + 1 + length;  // a length below two is invalid, and does no harm here
  }
  return Found::nothing;
}

}  // namespace fanlight
