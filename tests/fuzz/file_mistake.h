// SPDX-License-Identifier: Apache-2.0
// What must hold for a mistake that the parser of a file of secrets reports.
#pragma once

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "http/auth/user_table.h"

namespace fanlight {

// "a,,b" at ',' has three parts, and "" has one.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t size = text.find(separator);
    parts.push_back(text.substr(0, size));
    if (size == text.npos) return parts;
    text.remove_prefix(size + 1);
  }
}

// The lines of a file, of which the last one may lack its line feed.
inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

// The file up to this line of it, counted from 1.
inline std::string_view up_to_line(std::string_view text, size_t number) {
  size_t size = 0;
  for (; number > 0 && size < text.size(); --number) {
    size = std::min(text.find('\n', size), text.size() - 1) + 1;
  }
  return text.substr(0, size);
}

// A line can be made of it for a terminal, which shows nothing of the file.
inline void check_words(std::string_view words, std::string_view text) {
  constexpr size_t kWordsMax = 200;
  CHECK(!words.empty() && words.size() <= kWordsMax);
  CHECK(std::all_of(words.begin(), words.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
  const std::less<> before;
  CHECK(before(words.data(), text.data()) || !before(words.data(), text.data() + text.size()));
}

// `parse(text)` is what has reported it: it is in this line, so that nothing behind it matters.
template <class Parse>
void check_mistake(const FileMistake& mistake, std::string_view text, const Parse& parse) {
  check_words(mistake.words, text);
  CHECK(mistake.line >= 1 && mistake.line <= std::max<size_t>(lines_of(text).size(), 1));
  const auto same = parse(up_to_line(text, mistake.line));
  CHECK(same && same->line == mistake.line && same->words == mistake.words);
}

}  // namespace fanlight
