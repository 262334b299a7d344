// SPDX-License-Identifier: Apache-2.0
#include "http/origin.h"

#include "http/request.h"

namespace fanlight {
namespace {

struct Scheme {
  std::string_view prefix;
  std::string_view default_port;  // an origin leaves it out
};
constexpr Scheme kSchemes[] = {{"http://", ":80"}, {"https://", ":443"}};

}  // namespace

bool may_change(std::string_view origin, std::string_view host,
                std::string_view cors_origin) noexcept {
  if (origin.empty() || host.empty()) return false;
  if (cors_origin != "*" && equals_ignoring_case(origin, cors_origin)) return true;
  for (const Scheme& scheme : kSchemes) {
    const size_t size = scheme.prefix.size();
    if (!equals_ignoring_case(origin.substr(0, size), scheme.prefix)) continue;
    std::string_view named = host;
    if (named.ends_with(scheme.default_port)) named.remove_suffix(scheme.default_port.size());
    return equals_ignoring_case(origin.substr(size), named);
  }
  return false;
}

bool may_read(std::string_view origin, std::string_view host,
              std::string_view cors_origin) noexcept {
  return origin.empty() || cors_origin == "*" || may_change(origin, host, cors_origin);
}

}  // namespace fanlight
