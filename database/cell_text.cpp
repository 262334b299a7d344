// SPDX-License-Identifier: Apache-2.0
#include "database/cell_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace fanlight {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view kEllipsis = "\xe2\x80\xa6";     // U+2026

struct Character {
  size_t bytes = 1;  // of the text, whether well-formed or not
  bool is_shown = false;
};

// What must not stand in a text: C0 and C1 controls, surrogates, noncharacters (HTML section 13.1,
// "text"; Unicode chapter 23.7).
bool is_shown(uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
  if (code >= 0xd800 && code < 0xe000) return false;
  if (code >= 0xfdd0 && code < 0xfdf0) return false;
  return (code & 0xfffe) != 0xfffe && code <= 0x10ffff;
}

// The character at the beginning of `text`, which is not empty (RFC 3629 section 4). Of an
// ill-formed sequence one byte is taken at a time.
Character first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {1, is_shown(first)};
  const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes > text.size()) return {};
  uint32_t code = first & (0x7fU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    code = code << 6 | (next & 0x3fU);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // by the number of bytes
  if (code < kLeast[bytes] || code > 0x10ffff) return {};
  return {bytes, is_shown(code)};
}

bool is_blank(char c) {
  return c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

size_t copy_cell_text(std::string_view value, std::span<char, kCellBytesMax> room) noexcept {
  size_t size = 0;
  size_t whole = 0;  // as far as an ellipsis would still fit behind
  while (!value.empty()) {
    const Character character = first_character(value);
    std::string_view shown = character.is_shown ? value.substr(0, character.bytes) : kReplacement;
    if (is_blank(value[0])) shown = " ";
    if (size + shown.size() > room.size()) {
      std::memcpy(room.data() + whole, kEllipsis.data(), kEllipsis.size());
      return whole + kEllipsis.size();
    }
    std::memcpy(room.data() + size, shown.data(), shown.size());
    size += shown.size();
    if (size + kEllipsis.size() <= room.size()) whole = size;
    value.remove_prefix(character.bytes);
  }
  return size;
}

}  // namespace fanlight
