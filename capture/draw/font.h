// SPDX-License-Identifier: Apache-2.0
// Font: small letters for test cards and slates, printable ASCII.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fanlight {

inline constexpr int kGlyphColumns = 5;
inline constexpr int kGlyphRows = 8;  // seven above the baseline, one for descenders

struct Glyph {
  std::array<uint8_t, kGlyphRows> rows{};
  bool has(int column, int row) const { return rows[static_cast<size_t>(row)] >> column & 1; }
};

// The glyph of a printable ASCII character; a box for any other.
const Glyph& glyph_of(char character) noexcept;

}  // namespace fanlight
