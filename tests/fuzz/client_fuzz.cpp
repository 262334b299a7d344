// SPDX-License-Identifier: Apache-2.0
// Who a client is and what it asked for: X-Forwarded-For, Forwarded, X-Forwarded-Host, Host,
// Origin. One line each; only trusted proxies are believed, and no proxy makes a client local.
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/ascii.h"
#include "core/check.h"
#include "http/protocol/allowed_hosts.h"
#include "http/protocol/authority.h"
#include "http/protocol/client_address.h"
#include "http/protocol/entity_tags.h"
#include "http/protocol/forwarded_hosts.h"
#include "http/protocol/origin.h"
#include "http/protocol/request.h"
#include "tests/fuzz/fuzz_input.h"

namespace fanlight {
namespace {

std::string turned_case(std::string_view text) {
  std::string turned(text);
  for (char& c : turned) {
    if (c >= 'A' && c <= 'Z') {
      c = lower(c);
    } else if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    }
  }
  return turned;
}

void check_address(std::string_view text) {
  const auto address = parse_address(text);
  if (!address || !has_address(*address)) return;
  std::array<char, kAddressTextMax> room;
  const auto again = parse_address(format_address(*address, room));
  CHECK(again.has_value() && again->bytes == address->bytes);
  CHECK(is_loopback(*again) == is_loopback(*address));
}

void check_range(std::string_view text) {
  try {
    const AddressRange range(text);
    CHECK(AddressRange(range.text()) == range);
  } catch (const std::invalid_argument& error) {
    CHECK(*error.what() != '\0');
  }
}

void check_client(const Request& request) {
  static const std::vector<AddressRange> kTrusted = {AddressRange("10.0.0.0/8"),
                                                     AddressRange("::1"), AddressRange("unix")};
  for (const std::string_view text : {"10.1.2.3", "::1", "127.0.0.1", "192.0.2.1"}) {
    const PeerAddress peer = parse_address(text).value();
    const PeerAddress client = client_address(peer, request, kTrusted);
    if (is_any_of(kTrusted, peer)) {
      CHECK(!client.is_local);
    } else {
      CHECK(client.bytes == peer.bytes);
      CHECK(!client.is_local || (peer.is_local && !request.is_forwarded));
    }
    CHECK(client_address(peer, request, {}).bytes == peer.bytes);
  }
}

void check_host(std::string_view host) {
  AllowedHosts none;
  if (is_authority(host)) {
    CHECK(host_of(host).size() <= host.size());
    CHECK(none.has(host) == none.has(turned_case(host)));
    CHECK(!names_loopback(host) || none.has(host));
  } else {
    CHECK(!is_http_authority(host));
  }
  try {
    AllowedHosts allowed;
    allowed.add(host);
    if (!host.starts_with('*')) CHECK(allowed.has(host) && allowed.has(turned_case(host)));
    CHECK(!allowed.has("evil.example") || allowed.has_all() ||
          equals_ignoring_case(host.substr(0, 12), "evil.example") || host.starts_with("*."));
  } catch (const std::invalid_argument& error) {
    CHECK(*error.what() != '\0');
  }
}

void check_hosts(const Request& request) {
  ForwardedHosts hosts(request);
  const size_t most = request.forwarded.size() + request.forwarded_host.size() + 2;
  std::string_view host;
  for (size_t i = 0; hosts.next(host); ++i) {
    CHECK(i < most);
    check_host(host);
  }
}

}  // namespace

void fuzz(std::string_view bytes) {
  FuzzInput input(bytes);
  Request request;
  request.forwarded_for = input.line();
  request.forwarded = input.line();
  request.forwarded_host = input.line();
  request.host = input.line();
  request.origin = input.line();
  const std::string_view tag = input.line();
  request.is_forwarded = !request.forwarded_for.empty() || !request.forwarded.empty() ||
                         !request.forwarded_host.empty();

  check_address(request.forwarded_for);
  check_range(request.forwarded_for);
  check_client(request);
  check_hosts(request);
  check_host(request.host);
  const std::vector<std::string> named = {"https://a.example"};
  if (may_change(request.origin, request.host, named)) {
    CHECK(may_read(request.origin, request.host, named));
    CHECK(request.origin != "null");
  }
  EntityTags tags;
  CHECK(tags.add_line(tag));
  CHECK(!tags.match_strongly("\"7\"") || tags.match_weakly("\"7\""));
}

}  // namespace fanlight
