// SPDX-License-Identifier: Apache-2.0
// Parses numbers in text from elsewhere.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace fanlight {

// The whole of `text` as a decimal number. Nothing when it is anything else or out of range: as in
// std::from_chars, no blanks and no '+', and a '-' only where Number is signed. A double may also
// be "inf" or "nan".
template <class Number>
std::optional<Number> to_number(std::string_view text) noexcept {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace fanlight
