// SPDX-License-Identifier: Apache-2.0
// Client key: how a client knows that the server understood its request for a WebSocket.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// The value of Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455 section 4.1).
std::string make_web_socket_key();

// The value of Sec-WebSocket-Accept in the answer to `key` (RFC 6455 section 4.2.2).
std::string accept_for_web_socket_key(std::string_view key);

}  // namespace fanlight
