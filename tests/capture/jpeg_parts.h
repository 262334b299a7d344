// SPDX-License-Identifier: Apache-2.0
// JPEGs put together by hand, whole ones and others.
#pragma once

#include <string_view>

#include "tests/capture/test_jpeg.h"

namespace fanlight {

inline Bytes jpeg_segment(uint8_t marker, std::string_view content) {
  const size_t length = content.size() + 2;
  Bytes bytes{std::byte{0xff}, std::byte(marker), std::byte(length >> 8), std::byte(length & 0xff)};
  for (const char c : content) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// `jpeg` with something put in behind its first `at` bytes.
inline Bytes with(const Bytes& jpeg, const Bytes& what, size_t at = 2) {
  Bytes result = jpeg;
  result.insert(result.begin() + static_cast<ptrdiff_t>(at), what.begin(), what.end());
  return result;
}

// All segments of that kind before the picture data taken out.
inline Bytes without(const Bytes& jpeg, uint8_t marker) {
  Bytes result(jpeg.begin(), jpeg.begin() + 2);
  size_t at = 2;
  for (bool is_scan = false; !is_scan;) {
    is_scan = jpeg[at + 1] == std::byte{0xda};
    const auto length =
        (std::to_integer<size_t>(jpeg[at + 2]) << 8) + std::to_integer<size_t>(jpeg[at + 3]) + 2;
    const auto begin = jpeg.begin() + static_cast<ptrdiff_t>(at);
    if (jpeg[at + 1] != std::byte{marker}) {
      result.insert(result.end(), begin, begin + static_cast<ptrdiff_t>(length));
    }
    at += length;
  }
  result.insert(result.end(), jpeg.begin() + static_cast<ptrdiff_t>(at), jpeg.end());
  return result;
}

inline const Bytes kSoi{std::byte{0xff}, std::byte{0xd8}};
inline const Bytes kEoi{std::byte{0xff}, std::byte{0xd9}};
inline const Bytes kDqt = jpeg_segment(0xdb, std::string(1, '\0') + std::string(64, '\1'));
// 8 bits, 2 lines of 3 samples, one component.
inline const Bytes kSof =
    jpeg_segment(0xc0, std::string_view("\x08\x00\x02\x00\x03\x01\x01\x11\x00", 9));
inline const Bytes kSos = jpeg_segment(0xda, std::string_view("\x01\x01\x00\x00\x3f\x00", 6));
inline const Bytes kScan{std::byte{0x12}, std::byte{0xff}, std::byte{0x00}, std::byte{0x34}};

// The same picture, progressive: many scans instead of one.
Bytes progressive(const Bytes& baseline);

// A picture full of detail.
Bytes noise_jpeg(int width, int height, uint64_t seed);

}  // namespace fanlight
