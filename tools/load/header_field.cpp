// SPDX-License-Identifier: Apache-2.0
#include "tools/load/header_field.h"

#include <algorithm>

#include "core/ascii.h"
#include "core/to_number.h"

namespace fanlight {
bool HeaderField::is(std::string_view wanted) const {
  return equals_ignoring_case(name, wanted);
}

HeaderField split_field(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  return {line.substr(0, colon), trimmed(line.substr(colon + 1))};
}

std::optional<int64_t> parse_microseconds(std::string_view text) {
  const size_t point = std::min(text.find('.'), text.size());
  const std::optional<uint64_t> seconds = to_number<uint64_t>(text.substr(0, point));
  if (!seconds || *seconds > 1'000'000'000'000) return std::nullopt;
  uint64_t microseconds = 0;
  uint64_t weight = 100'000;
  for (size_t i = point + 1; i < text.size(); ++i, weight /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    microseconds += static_cast<uint64_t>(text[i] - '0') * weight;
  }
  return static_cast<int64_t>(*seconds * 1'000'000 + microseconds);
}

std::string_view find_boundary(std::string_view content_type) {
  constexpr std::string_view kMultipart = "multipart/";
  if (!starts_with_ignoring_case(content_type, kMultipart)) return {};
  std::string_view rest = content_type;
  while (true) {
    const size_t semicolon = rest.find(';');
    if (semicolon == std::string_view::npos) return {};
    rest.remove_prefix(semicolon + 1);
    const std::string_view parameter = rest.substr(0, rest.find(';'));
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    if (!equals_ignoring_case(trimmed(parameter.substr(0, equals)), "boundary")) continue;
    const std::string_view value = trimmed(parameter.substr(equals + 1));
    const bool is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    return is_quoted ? value.substr(1, value.size() - 2) : value;
  }
}

// FNV-1a. A name is a token (RFC 9110 section 5.6.2), of which only common characters are accepted.
uint32_t hash_of_name(std::string_view line) {
  uint32_t hash = 2166136261u;
  for (const char c : line) {
    if (c == ':') return hash;
    const bool is_token =
        (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!is_token) return 0;
    hash = (hash ^ static_cast<uint8_t>(lower(c))) * 16777619u;
  }
  return 0;
}

}  // namespace fanlight
