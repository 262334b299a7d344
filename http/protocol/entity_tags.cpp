// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/entity_tags.h"

#include <algorithm>
#include <span>

namespace fanlight {
namespace {

// Up to the first text that is not an entity-tag (RFC 9110 section 8.8.3).
bool lists(std::string_view list, std::string_view tag, bool weakly) {
  while (true) {
    list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
    const bool is_weak = list.starts_with("W/");
    if (is_weak) list.remove_prefix(2);
    if (!list.starts_with('"')) return false;
    const size_t end = list.find('"', 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(0, end + 1) == tag && (weakly || !is_weak)) return true;
    list.remove_prefix(end + 1);
  }
}

}  // namespace

bool EntityTags::add_line(std::string_view value) noexcept {
  if (count_ == kLinesMax) return false;
  lines_[count_++] = value;
  return true;
}

bool EntityTags::match(std::string_view tag, bool weakly) const noexcept {
  const auto lines = std::span(lines_).first(count_);
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
    return line == "*" || lists(line, tag, weakly);
  });
}

}  // namespace fanlight
