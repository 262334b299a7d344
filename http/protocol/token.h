// SPDX-License-Identifier: Apache-2.0
// Tokens: the characters that HTTP's names consist of.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "core/ascii.h"

namespace fanlight {

// tchar of RFC 9110 section 5.6.2, by the character's value.
inline constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (size_t value = 0; value < table.size(); ++value) {
    const char c = static_cast<char>(value);
    table[value] = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
                   std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  }
  return table;
}();

constexpr bool is_token_character(char c) noexcept {
  return kTokenCharacters[static_cast<unsigned char>(c)];
}

constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

}  // namespace fanlight
