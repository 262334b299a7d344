// SPDX-License-Identifier: Apache-2.0
#include "core/printable.h"

#include <cstdint>
#include <cstring>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

struct Character {
  size_t bytes = 1;  // of the text, whether well-formed or not
  bool is_shown = false;
};

constexpr bool is_within(uint32_t code, uint32_t first, uint32_t last) {
  return code >= first && code <= last;
}

// Marks, embeddings, overrides and isolates.
bool is_directional(uint32_t code) {
  return code == 0x061c || is_within(code, 0x200e, 0x200f) || is_within(code, 0x202a, 0x202e) ||
         is_within(code, 0x2066, 0x2069);
}

bool is_shown(uint32_t code) {
  if (code < 0x20 || is_within(code, 0x7f, 0x9f)) return false;
  if (is_within(code, 0x2028, 0x2029) || code == 0xfeff || is_directional(code)) return false;
  if (is_within(code, 0xd800, 0xdfff) || is_within(code, 0xfdd0, 0xfdef)) return false;
  return (code & 0xfffe) != 0xfffe && code <= 0x10ffff;
}

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

std::string_view take_printable(std::string_view& text) noexcept {
  CHECK(!text.empty());
  const Character character = first_character(text);
  std::string_view shown = character.is_shown ? text.substr(0, character.bytes) : kReplacement;
  if (is_blank(text[0])) shown = " ";
  text.remove_prefix(character.bytes);
  return shown;
}

size_t copy_printable(std::string_view text, std::span<char> room) noexcept {
  size_t size = 0;
  while (!text.empty()) {
    const std::string_view shown = take_printable(text);
    if (shown.size() > room.size() - size) break;
    std::memcpy(room.data() + size, shown.data(), shown.size());
    size += shown.size();
  }
  return size;
}

std::string printable(std::string_view text, size_t bytes_max) {
  std::string line;
  while (!text.empty()) {
    const std::string_view shown = take_printable(text);
    if (shown.size() > bytes_max - line.size()) break;
    line += shown;
  }
  return line;
}

void make_ascii(std::span<char> text) noexcept {
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = is_blank(c) ? ' ' : '?';
  }
}

}  // namespace fanlight
