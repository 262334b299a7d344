// SPDX-License-Identifier: Apache-2.0
#include "http/answer/call.h"

#include "core/log.h"

namespace fanlight {
namespace {

void warn_of_proxy(const PeerAddress& peer, const Request& request) {
  constexpr size_t kShownMax = 100;
  char room[kAddressTextMax];
  const bool has_field = request.is_forwarded;
  log_warning(
      "a request from {0} ({1}{2}) may come through a proxy, so it does not count as this "
      "machine's "
      "own; --trusted-proxy {0} tells the proxy's clients apart, if it sends X-Forwarded-For",
      format_address(peer, room), has_field ? "it has a field that proxies add" : "Host: ",
      has_field ? std::string_view() : request.host.substr(0, kShownMax));
}

}  // namespace

PeerAddress Call::client() const noexcept {
  const PeerAddress peer = services.reactor.backend().peer_address(fd);
  const auto& trusted = services.state.config.trusted_proxies;
  const PeerAddress client = client_address(peer, request, trusted);
  const bool is_suspect = peer.is_local && !client.is_local && !is_any_of(trusted, peer);
  if (is_suspect && !services.state.warned_of_proxy.exchange(true)) warn_of_proxy(peer, request);
  return client;
}

}  // namespace fanlight
