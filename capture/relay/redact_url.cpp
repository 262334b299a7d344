// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/redact_url.h"

#include <algorithm>

namespace fanlight {
namespace {

constexpr std::string_view kHidden = "***";

// `name=value&name&...`, RFC 3986 section 3.4 and the form encoding of HTML.
void append_query(std::string& shown, std::string_view query) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    const std::string_view name = pair.substr(0, pair.find('='));
    if (name == "action" || name.size() == pair.size()) {
      shown += pair;
    } else {
      shown.append(name).append("=").append(kHidden);
    }
    query.remove_prefix(pair.size());
    if (query.empty()) return;
    shown += '&';
    query.remove_prefix(1);
  }
}

}  // namespace

std::string redact_url(std::string_view spec) {
  const size_t slashes = spec.find("://");
  if (slashes == spec.npos) return std::string(spec);
  const size_t authority = slashes + 3;
  std::string shown(spec.substr(0, authority));
  std::string_view rest = spec.substr(authority);
  if (const size_t at = rest.rfind('@'); at != rest.npos) {
    shown += kHidden;
    rest.remove_prefix(at);
  }
  const size_t question = std::min(rest.find('?'), rest.size());
  shown += rest.substr(0, question);
  if (question == rest.size()) return shown;
  shown += '?';
  append_query(shown, rest.substr(question + 1));
  return shown;
}

}  // namespace fanlight
