// SPDX-License-Identifier: Apache-2.0
// Option values: how the option table reads texts that are words, numbers, or either.
#pragma once

#include <fmt/core.h>

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/join.h"
#include "core/nearest_word.h"
#include "tools/flags/units.h"
#include "tools/options/option.h"

namespace fanlight {

using Text = const std::string&;

// The value of the word `text`. Throws std::invalid_argument with the words that are expected.
template <class Value>
Value choose(Text text, std::initializer_list<std::pair<std::string_view, Value>> choices) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names.push_back(name);
  }
  const std::string question = did_you_mean(text, names);
  throw std::invalid_argument(
      fmt::format("'{}': one of {} is expected{}", text, join(names, ", "), question));
}

// The result of `parse`, for an option that also accepts one of these words.
template <class Parse>
auto parse_or(std::string_view words, Parse parse) {
  try {
    return parse();
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{}, or {}", error.what(), words));
  }
}

// A whole number, or the word that stands for 0.
inline size_t number_or(std::string_view zero, Text text, long low, long high) {
  if (text == zero) return 0;
  return parse_or(zero, [&] { return static_cast<size_t>(parse_integer(text, low, high)); });
}

template <auto kMember>
void set_duration(OptionsDraft& draft, Text text) {
  draft.options.*kMember = parse_duration(text);
}

}  // namespace fanlight
