// SPDX-License-Identifier: Apache-2.0
// The markers of a JPEG.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fanlight {

// Markers, ITU-T T.81 table B.1.
namespace jpeg_marker {
inline constexpr uint8_t kTem = 0x01;
inline constexpr uint8_t kSof0 = 0xc0;  // baseline
inline constexpr uint8_t kSof1 = 0xc1;  // extended sequential
inline constexpr uint8_t kSof2 = 0xc2;  // progressive
inline constexpr uint8_t kDht = 0xc4;
inline constexpr uint8_t kDac = 0xcc;
inline constexpr uint8_t kSof15 = 0xcf;
inline constexpr uint8_t kRst0 = 0xd0;
inline constexpr uint8_t kRst7 = 0xd7;
inline constexpr uint8_t kSoi = 0xd8;
inline constexpr uint8_t kEoi = 0xd9;
inline constexpr uint8_t kSos = 0xda;
inline constexpr uint8_t kDqt = 0xdb;
inline constexpr uint8_t kDri = 0xdd;
inline constexpr uint8_t kApp0 = 0xe0;
inline constexpr uint8_t kApp1 = 0xe1;
inline constexpr uint8_t kApp14 = 0xee;
inline constexpr uint8_t kApp15 = 0xef;
inline constexpr uint8_t kCom = 0xfe;

// What follows a segment that is not the last one, numbered from 0 (section B.2.1).
constexpr uint8_t restart_after(size_t segment) {
  return static_cast<uint8_t>(kRst0 + segment % 8);
}
}  // namespace jpeg_marker

}  // namespace fanlight
