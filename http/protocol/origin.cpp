// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/origin.h"

#include <algorithm>

#include "core/ascii.h"
#include "http/protocol/request.h"

namespace fanlight {
namespace {

struct Scheme {
  std::string_view prefix;
  std::string_view default_port;  // omitted in an origin
};
constexpr Scheme kSchemes[] = {{"http://", ":80"}, {"https://", ":443"}};

bool names_any(std::span<const std::string> named) {
  return std::find(named.begin(), named.end(), kAnyOrigin) != named.end();
}

bool names(std::span<const std::string> named, std::string_view origin) {
  return origin != kAnyOrigin && std::any_of(named.begin(), named.end(), [&](const auto& one) {
           return equals_ignoring_case(origin, one);
         });
}

}  // namespace

bool may_change(std::string_view origin, std::string_view host,
                std::span<const std::string> named) noexcept {
  if (origin.empty() || host.empty()) return false;
  if (names(named, origin)) return true;
  for (const Scheme& scheme : kSchemes) {
    const size_t size = scheme.prefix.size();
    if (!equals_ignoring_case(origin.substr(0, size), scheme.prefix)) continue;
    std::string_view here = host;
    if (here.ends_with(scheme.default_port)) here.remove_suffix(scheme.default_port.size());
    return equals_ignoring_case(origin.substr(size), here);
  }
  return false;
}

bool may_read(std::string_view origin, std::string_view host,
              std::span<const std::string> named) noexcept {
  return origin.empty() || names_any(named) || may_change(origin, host, named);
}

std::string_view allowed_origin(std::string_view origin,
                                std::span<const std::string> named) noexcept {
  if (origin.empty() && named.size() == 1) return named.front();
  if (!origin.empty() && names(named, origin)) return origin;
  return names_any(named) ? kAnyOrigin : std::string_view();
}

bool varies_by_origin(std::span<const std::string> named) noexcept {
  return std::any_of(named.begin(), named.end(), [](const auto& one) { return one != kAnyOrigin; });
}

}  // namespace fanlight
