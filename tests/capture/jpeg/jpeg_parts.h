// SPDX-License-Identifier: Apache-2.0
// JPEGs assembled by hand, complete or not.
#pragma once

#include <string_view>

#include "tests/capture/jpeg/test_jpeg.h"

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

// `jpeg` with `what` inserted after its first `at` bytes.
inline Bytes with(const Bytes& jpeg, const Bytes& what, size_t at = 2) {
  Bytes result = jpeg;
  result.insert(result.begin() + static_cast<ptrdiff_t>(at), what.begin(), what.end());
  return result;
}

// The segments before the entropy-coded data, including SOS, unchanged.
std::vector<Bytes> head_of(const Bytes& jpeg);
// The size of all of them and of SOI, in bytes.
size_t head_size(const Bytes& jpeg);
// The offset of the first segment of that kind.
size_t offset_of(const Bytes& jpeg, uint8_t marker);

// Without the segments of that kind that precede the entropy-coded data.
Bytes without(const Bytes& jpeg, uint8_t marker);

// Without the Huffman table of that class and number, which must be alone in its segment.
Bytes without_table(const Bytes& jpeg, int class_and_number);

inline Bytes without_end(const Bytes& jpeg, size_t bytes = 2) {
  return {jpeg.begin(), jpeg.end() - static_cast<ptrdiff_t>(bytes)};
}

inline Bytes bytes(std::initializer_list<int> values) {
  Bytes result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
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
