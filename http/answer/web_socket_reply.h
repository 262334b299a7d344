// SPDX-License-Identifier: Apache-2.0
// WebSocket reply: the handshake (RFC 6455 section 4.2), and which clients may connect.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// /ws and /cameras/NAME/ws: the upgrade (OpenWebSocket), or an error. Unlike with an <img>, a
// script can read what a WebSocket receives, and CORS does not stop other sites' scripts: so Origin
// must be this host, or be allowed by --cors-origin.
Answer reply_web_socket(const Call& call) noexcept;

}  // namespace fanlight
