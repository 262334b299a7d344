// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/forwarded_hosts.h"

#include <algorithm>

#include "core/ascii.h"
#include "http/protocol/request.h"

namespace fanlight {
namespace {

// The end of the pair that `text` begins with: a semicolon or comma outside quotes, or the text's
// end; npos if a quote does not end (RFC 9110 section 5.6.4).
size_t end_of_pair(std::string_view text) {
  bool is_quoted = false;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') is_quoted = !is_quoted;
    if (is_quoted && c == '\\') ++at;
    if (!is_quoted && (c == ',' || c == ';')) break;
  }
  return is_quoted ? std::string_view::npos : std::min(at, text.size());
}

std::string_view without_quotes(std::string_view value) {
  const bool is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return is_quoted ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

ForwardedHosts::ForwardedHosts(const Request& request) noexcept
    : list_(request.forwarded_host), forwarded_(request.forwarded) {}

bool ForwardedHosts::next_in_list(std::string_view& host) noexcept {
  while (!list_.empty()) {
    const size_t comma = std::min(list_.find(','), list_.size());
    host = trimmed(list_.substr(0, comma));
    list_.remove_prefix(std::min(comma + 1, list_.size()));
    if (!host.empty()) return true;
  }
  return false;
}

bool ForwardedHosts::next(std::string_view& host) noexcept {
  if (next_in_list(host)) return true;
  while (!forwarded_.empty()) {
    const size_t end = end_of_pair(forwarded_);
    const std::string_view pair = trimmed(forwarded_.substr(0, end));
    if (end == std::string_view::npos) {
      forwarded_ = {};
      host = pair;
      return true;
    }
    forwarded_.remove_prefix(std::min(end + 1, forwarded_.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (!equals_ignoring_case(trimmed(pair.substr(0, equals)), "host")) continue;
    host = without_quotes(trimmed(pair.substr(std::min(equals + 1, pair.size()))));
    return true;
  }
  return false;
}

}  // namespace fanlight
