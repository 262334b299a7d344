// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace fanlight {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// unreserved and sub-delims (RFC 3986 sections 2.3 and 2.2).
bool is_name_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~!$&'()*+,;=").find(c) != std::string_view::npos;
}

// Every IPv4 address is also one.
bool is_registered_name(std::string_view host) {
  return is_percent_encoded(host) && std::all_of(host.begin(), host.end(), [](char c) {
           return c == '%' || is_name_character(c);
         });
}

bool is_ipv6(std::string_view host) {
  std::array<char, INET6_ADDRSTRLEN> text{};  // inet_pton(3) requires a terminating zero
  if (host.size() >= text.size()) return false;
  std::copy(host.begin(), host.end(), text.begin());
  in6_addr address{};
  return ::inet_pton(AF_INET6, text.data(), &address) == 1;
}

// "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
bool is_future_address(std::string_view host) {
  if (host.empty() || (host[0] != 'v' && host[0] != 'V')) return false;
  const size_t dot = host.find('.');
  if (dot == std::string_view::npos || dot == 1 || dot + 1 == host.size()) return false;
  const std::string_view version = host.substr(1, dot - 1);
  const std::string_view address = host.substr(dot + 1);
  return std::all_of(version.begin(), version.end(), is_hex_digit) &&
         std::all_of(address.begin(), address.end(),
                     [](char c) { return c == ':' || is_name_character(c); });
}

}  // namespace

bool is_authority(std::string_view text) noexcept {
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view address = text.substr(1, end - 1);
    if (!is_ipv6(address) && !is_future_address(address)) return false;
    port = text.substr(end + 1);
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    if (!is_registered_name(text.substr(0, colon))) return false;
    port = text.substr(colon);
  }
  if (port.empty()) return true;
  return port[0] == ':' && std::all_of(port.begin() + 1, port.end(), is_digit);
}

bool is_http_authority(std::string_view text) noexcept {
  return !text.empty() && text[0] != ':' && is_authority(text);
}

std::string_view host_of(std::string_view authority) noexcept {
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  return authority.substr(0, authority.find(':', std::min(bracket, authority.size())));
}

bool is_percent_encoded(std::string_view text) noexcept {
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (text.size() - at < 3) return false;
    if (!is_hex_digit(text[at + 1]) || !is_hex_digit(text[at + 2])) return false;
  }
  return true;
}

}  // namespace fanlight
