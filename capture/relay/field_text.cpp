// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/field_text.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "core/ascii.h"
#include "core/to_number.h"

namespace fanlight {

std::string_view find_boundary(std::string_view content_type) {
  size_t semicolon = content_type.find(';');
  while (semicolon != content_type.npos) {
    std::string_view parameter = trimmed(content_type.substr(semicolon + 1));
    semicolon = content_type.find(';', semicolon + 1);
    const size_t equals_sign = std::min(parameter.find('='), parameter.size());
    if (!equals_ignoring_case(trimmed(parameter.substr(0, equals_sign)), "boundary")) continue;
    parameter = trimmed(parameter.substr(std::min(equals_sign + 1, parameter.size())));
    if (!parameter.starts_with('"')) return trimmed(parameter.substr(0, parameter.find(';')));
    parameter.remove_prefix(1);
    return parameter.substr(0, parameter.find('"'));
  }
  return {};
}

std::optional<WallTime> parse_timestamp(std::string_view text) {
  constexpr int64_t kSecondsMin = 1'000'000'000;
  constexpr int64_t kSecondsMax = 9'999'999'999;
  const size_t point = std::min(text.find('.'), text.size());
  const auto seconds = to_number<int64_t>(text.substr(0, point));
  if (!seconds || *seconds < kSecondsMin || *seconds > kSecondsMax) return std::nullopt;
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  fraction.resize(6, '0');
  const auto microseconds = to_number<uint32_t>(fraction);
  if (!microseconds) return std::nullopt;
  return WallTime(std::chrono::microseconds(*seconds * 1'000'000 + *microseconds));
}

}  // namespace fanlight
