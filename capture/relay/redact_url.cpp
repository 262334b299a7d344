// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/redact_url.h"

#include <algorithm>

namespace fanlight {
namespace {

constexpr std::string_view kScheme = "://";
// Shorter values of a query occur in any text.
constexpr size_t kValueBytesMin = 4;

}  // namespace

std::string redact_url(std::string_view spec) {
  const size_t slashes = spec.find(kScheme);
  if (slashes == spec.npos) return std::string(spec);
  std::string shown(spec.substr(0, slashes + kScheme.size()));
  std::string_view rest = spec.substr(slashes + kScheme.size());
  if (const size_t at = rest.rfind('@'); at != rest.npos) rest.remove_prefix(at + 1);
  const size_t host = std::min(rest.find_first_of("/?#"), rest.size());
  shown += rest.substr(0, host);
  if (rest.substr(host).empty() || rest.substr(host) == "/") return shown += rest.substr(host);
  return shown += kRedacted;
}

bool repeats_url(std::string_view text, std::string_view url) {
  std::string_view rest = url.substr(std::min(url.find(kScheme), url.size()));
  rest.remove_prefix(std::min(kScheme.size(), rest.size()));
  rest.remove_prefix(std::min(rest.find_first_of("/?#"), rest.size()));
  const std::string_view path = rest.substr(0, rest.find_first_of("?#"));
  if (path.size() > 1 && text.find(path) != text.npos) return true;
  rest.remove_prefix(std::min(path.size() + 1, rest.size()));
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const size_t equals = pair.find('=');
    const std::string_view value = pair.substr(equals == pair.npos ? 0 : equals + 1);
    if (pair.substr(0, equals) == "action" || value.size() < kValueBytesMin) continue;
    if (text.find(value) != text.npos) return true;
  }
  return false;
}

}  // namespace fanlight
