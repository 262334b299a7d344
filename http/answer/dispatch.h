// SPDX-License-Identifier: Apache-2.0
// Dispatch: from a request to the reply that answers it. No sockets here.
#pragma once

#include <span>
#include <string_view>

#include "http/answer/answer.h"
#include "http/delivery/shard_services.h"
#include "http/protocol/exchange.h"
#include "http/state/client_socket.h"

namespace fanlight {

// The resource that the request's target names.
Route route_of(ShardServices& services, const Request& request) noexcept;

// Whether the answer needs the request's body; any other body is discarded.
bool wants_body(ShardServices& services, const Request& request, const Route& route) noexcept;

// The answer to the exchange's request, which is from `client`; the head is written into the
// exchange's output. What the request may do is decided first, unless the exchange has a grant
// already. For a stream, a place among the viewers has been taken (Admission).
Answer answer_request(ShardServices& services, const ClientSocket& client, Exchange& exchange,
                      Waited waited) noexcept;

// The answer from the camera's thread: the controls as they are now, or an error.
Reply answer_for_camera(ShardServices& services, const ClientSocket& client, Exchange& exchange,
                        int status, std::string_view words) noexcept;

// The answer when the password of an AwaitPassword is not right, or was not verified.
Reply answer_for_login(ShardServices& services, const ClientSocket& client, Exchange& exchange,
                       PasswordOutcome outcome) noexcept;

// The answer for a body that is prepared or given up. Takes ownership, even if it returns an error.
Reply answer_for_body(ShardServices& services, Exchange& exchange, Body& body) noexcept;

// The error for a request that could not be read completely; closes the connection. `request` holds
// what is known of it: the method, because HEAD gets no body, and the version.
Reply answer_error(ShardServices& services, int status, std::string_view reason, Request request,
                   std::span<char> output) noexcept;

}  // namespace fanlight
