// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/allowed_hosts.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "core/ascii.h"
#include "http/protocol/authority.h"
#include "io/peer_address.h"

namespace fanlight {
namespace {

constexpr std::string_view kLocalhost = "localhost";
constexpr std::string_view kBelowLocalhost = ".localhost";
// Names of local networks: of mDNS (RFC 6762), of most routers, of home networks (RFC 8375), and
// what ICANN reserves for private use. No one can register a name below them.
constexpr std::string_view kPrivateDomains[] = {kBelowLocalhost, ".local", ".lan", ".home.arpa",
                                                ".internal"};

bool is_below(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() &&
         equals_ignoring_case(host.substr(host.size() - domain.size()), domain);
}

// A name with a dot at its end is the same name (RFC 1034 section 3.1).
std::string_view without_last_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

std::string_view name_of(std::string_view authority) {
  return without_last_dot(host_of(authority));
}

bool is_address(std::string_view host) {
  return host.starts_with('[') || parse_address(host).has_value();
}

std::string in_lower_case(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

}  // namespace

bool is_host_name(std::string_view text) noexcept {
  constexpr size_t kLabelMax = 63, kNameMax = 253;
  if (text.empty() || text.size() > kNameMax) return false;
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    const bool is_label = std::all_of(label.begin(), label.end(), [](char c) {
      return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (label.empty() || label.size() > kLabelMax || !is_label) return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

bool names_loopback(std::string_view authority) noexcept {
  std::string_view host = name_of(authority);
  if (equals_ignoring_case(host, kLocalhost) || is_below(host, kBelowLocalhost)) return true;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const auto address = parse_address(host);
  return address && address->is_local;
}

void AllowedHosts::add(std::string_view name) {
  if (name == "*") {
    all_ = true;
    return;
  }
  const bool is_domain = name.starts_with("*.");
  const std::string_view host = without_last_dot(name.substr(is_domain ? 2 : 0));
  if (!is_host_name(host)) {
    const bool is_ascii = std::all_of(name.begin(), name.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    throw std::invalid_argument(fmt::format(
        "'{}': a name such as cam.example.org, *.example.org or * is expected, {}", name,
        is_ascii ? "without scheme and port" : "in ASCII as browsers send it (xn--...)"));
  }
  if (is_domain) {
    domains_.push_back("." + in_lower_case(host));
  } else {
    names_.push_back(in_lower_case(host));
  }
}

bool AllowedHosts::has(std::string_view authority) const noexcept {
  const std::string_view host = name_of(authority);
  if (all_) return true;
  // A browser decodes a name before it looks it up.
  if (host.find('%') != std::string_view::npos) return false;
  if (host.find('.') == std::string_view::npos || is_address(host)) return true;
  const auto is_same = [&](std::string_view name) { return equals_ignoring_case(host, name); };
  const auto contains = [&](std::string_view domain) { return is_below(host, domain); };
  return std::any_of(names_.begin(), names_.end(), is_same) ||
         std::any_of(std::begin(kPrivateDomains), std::end(kPrivateDomains), contains) ||
         std::any_of(domains_.begin(), domains_.end(), contains);
}

}  // namespace fanlight
