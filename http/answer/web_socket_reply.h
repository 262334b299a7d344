// SPDX-License-Identifier: Apache-2.0
// WebSocket reply: the handshake (RFC 6455 section 4.2), and which clients may connect.
#pragma once

#include <array>
#include <string_view>

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key: base64 of the SHA-1 of the key and a
// constant (section 4.2.2), which proves that the server speaks the protocol.
std::array<char, 28> web_socket_accept(std::string_view key) noexcept;

// True for the base64 of 16 bytes, the required form of a key (section 4.2.1).
bool is_web_socket_key(std::string_view key) noexcept;

// /ws and /cameras/NAME/ws: the upgrade (OpenWebSocket), or an error. Unlike with an <img>, a
// script can read what a WebSocket receives, and CORS does not stop other sites' scripts: so Origin
// must be this host, or be allowed by --cors-origin.
Answer reply_web_socket(const Call& call) noexcept;

}  // namespace fanlight
