// SPDX-License-Identifier: Apache-2.0
// WebSocket key: how a client knows that the server understood its request for a WebSocket.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace fanlight {

// A value of Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455 section 4.1).
std::string make_web_socket_key();

// Whether it can be one.
bool is_web_socket_key(std::string_view key) noexcept;

// The value of Sec-WebSocket-Accept in the answer: base64 of the SHA-1 of the key and a constant,
// which proves that the server speaks the protocol (section 4.2.2). `key`: is_web_socket_key().
std::array<char, 28> web_socket_accept(std::string_view key) noexcept;

}  // namespace fanlight
