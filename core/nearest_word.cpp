// SPDX-License-Identifier: Apache-2.0
#include "core/nearest_word.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace fanlight {
namespace {

constexpr size_t kLettersMax = 64;  // longer words are never our names
constexpr size_t kErrorsMax = 3;

char fold(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '_' ? '-' : c;
}

// The number of errors between two words of at most kLettersMax letters. Three rows of the table of
// all prefixes are enough, since a swap reaches back by two letters.
size_t count_errors(std::string_view a, std::string_view b) {
  using Row = std::array<size_t, kLettersMax + 1>;
  std::array<Row, 3> rows{};
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    Row& row = rows[i % 3];
    const Row& above = rows[(i + 2) % 3];
    const Row& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = fold(a[i - 1]) == fold(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1])) {
        row[j] = std::min(row[j], two_above[j - 2] + 1);
      }
    }
  }
  return rows[a.size() % 3][b.size()];
}

size_t common_beginning(std::string_view a, std::string_view b) {
  size_t size = 0;
  while (size < std::min(a.size(), b.size()) && fold(a[size]) == fold(b[size])) ++size;
  return size;
}

}  // namespace

std::string_view nearest_word(std::string_view word,
                              std::span<const std::string_view> known) noexcept {
  std::string_view nearest;
  size_t fewest = kErrorsMax + 1;
  if (word.empty() || word.size() > kLettersMax) return nearest;
  for (const std::string_view each : known) {
    if (each.size() > kLettersMax) continue;
    const size_t errors = count_errors(word, each);
    const bool is_near = errors <= (std::max(word.size(), each.size()) + 1) / 3;
    if (!is_near || errors > fewest || errors > kErrorsMax) continue;
    if (errors == fewest && common_beginning(word, each) <= common_beginning(word, nearest)) {
      continue;
    }
    nearest = each;
    fewest = errors;
  }
  return nearest;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known,
                         std::string_view prefix) {
  const std::string_view nearest = nearest_word(word, known);
  return nearest.empty() ? "" : fmt::format("; did you mean '{}{}'?", prefix, nearest);
}

}  // namespace fanlight
