// SPDX-License-Identifier: Apache-2.0
// Call: a request and everything needed to answer it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/time.h"
#include "http/answer/answer.h"
#include "http/auth/grant.h"
#include "http/delivery/shard_services.h"
#include "http/protocol/client_address.h"
#include "http/protocol/origin.h"
#include "http/protocol/request.h"
#include "http/protocol/response.h"
#include "http/protocol/routes.h"
#include "io/peer_address.h"

namespace fanlight {

struct Call {
  ShardServices& services;
  const Request& request;
  std::span<char> output;  // for the head and a short body
  int fd = -1;             // the client's socket; -1: unused
  Instant now{};
  Waited waited = Waited::no;
  Route route{};
  bool by_admin_listener = false;
  uint64_t connection_id = 0;
  bool by_local_listener = false;
  Grant grant{};

  ResponseContext context(bool keep_alive) const {
    const auto& named = services.state.config.cors_origins;
    return {.date = services.date(),
            .cors_origin = allowed_origin(request.origin, named),
            .minor_version = request.minor_version,
            .keep_alive = keep_alive,
            .varies_by_origin = varies_by_origin(named),
            .embedding = embedding_of(route.resource)};
  }
  // HEAD is answered like GET, without the body (RFC 9110 section 9.3.2).
  std::string_view body(std::string_view text) const {
    return request.method == Method::head ? std::string_view() : text;
  }

  // Whether the peer is a proxy that is trusted to report what its client asked for.
  bool by_trusted_proxy() const noexcept {
    const auto& trusted = services.state.config.trusted_proxies;
    return !trusted.empty() && is_any_of(trusted, services.reactor.backend().peer_address(fd));
  }
  // The client, which is behind the peer if a trusted proxy is in between. Warns once of a proxy
  // that speaks for others from this machine and is not trusted.
  PeerAddress client() const noexcept;
};

}  // namespace fanlight
