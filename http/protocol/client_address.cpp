// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/client_address.h"

#include <algorithm>
#include <optional>

#include "core/ascii.h"
#include "http/protocol/allowed_hosts.h"
#include "http/protocol/request.h"

namespace fanlight {
namespace {

bool is_port(std::string_view text) {
  return text.size() >= 2 && text.size() <= 6 && text[0] == ':' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Some proxies add the port, and then brackets around an IPv6 address.
std::optional<PeerAddress> parse_element(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view behind = text.substr(end + 1);
    if (!behind.empty() && !is_port(behind)) return {};
    return parse_address(text.substr(1, end - 1));
  }
  const size_t colon = text.find(':');
  const bool has_port = colon != std::string_view::npos && text.find('.') < colon;
  if (has_port && !is_port(text.substr(colon))) return {};
  return parse_address(has_port ? text.substr(0, colon) : text);
}

}  // namespace

bool is_of_this_machine(const Request& request) noexcept {
  return !request.is_forwarded && (request.host.empty() || names_loopback(request.host));
}

bool is_any_of(std::span<const AddressRange> ranges, const PeerAddress& address) noexcept {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const AddressRange& range) { return range.contains(address); });
}

PeerAddress client_address(const PeerAddress& peer, const Request& request,
                           std::span<const AddressRange> trusted) noexcept {
  PeerAddress client = peer;
  if (!is_any_of(trusted, peer)) {
    client.is_local = peer.is_local && is_of_this_machine(request);
    return client;
  }
  std::string_view left = request.forwarded_for;
  while (!left.empty() && is_any_of(trusted, client)) {
    const size_t comma = left.rfind(',');
    const bool is_first = comma == std::string_view::npos;
    const auto address = parse_element(trimmed(is_first ? left : left.substr(comma + 1)));
    // `::` would be a client without an address, which no limit per address applies to.
    if (!address || !has_address(*address)) break;
    client = *address;
    left = left.substr(0, is_first ? 0 : comma);
  }
  client.is_local = false;
  return client;
}

}  // namespace fanlight
