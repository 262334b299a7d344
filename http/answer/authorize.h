// SPDX-License-Identifier: Apache-2.0
// Authorize: whether a request may do what it wants (--auth-file, --link-key).
//
// A grant comes from a signed link in the query, or from a user's name and password. None is needed
// for what is about no camera: /healthz and /readyz, which monitors ask, the icon, and the module
// for other pages, which browsers fetch without a password. Nor, unless --auth-loopback, by a
// client of this machine on a listener that only this machine can reach. A proxy there does not
// count as one, as far as it can be recognised (client_address.h).
#pragma once

#include <optional>
#include <string_view>

#include "http/answer/answer.h"
#include "http/answer/call.h"
#include "http/answer/reply.h"
#include "http/answer/stream_parameters.h"

namespace fanlight {

// Sets call.grant, or returns what is to be answered instead.
std::optional<Answer> authorize(Call& call) noexcept;

// 403 if the grant does not include what the request wants. A WebSocket's cameras are not examined.
std::optional<Reply> refuse_forbidden(const Call& call) noexcept;

// 403, counted and logged: `reason` says which right is missing.
Reply reply_forbidden(const Call& call, std::string_view reason) noexcept;

// 403 if a signed link allows fewer pictures a second than `parameters` request; else they request
// no more than it allows.
std::optional<Reply> limit_rate(const Call& call, StreamParameters& parameters) noexcept;

// The answer when a password is not right, or could not be verified in time.
Reply reply_login(const Call& call, PasswordOutcome outcome) noexcept;

}  // namespace fanlight
