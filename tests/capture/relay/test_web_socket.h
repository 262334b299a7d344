// SPDX-License-Identifier: Apache-2.0
// The server's side of a WebSocket: what it answers, and its frames.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

#include "core/web_socket/opcode.h"
#include "core/web_socket/web_socket_key.h"

namespace fanlight {

// The value of a field in a request's head; empty if it is not there.
inline std::string field_in(std::string_view head, std::string_view name) {
  const size_t begin = head.find(fmt::format("\r\n{}: ", name));
  if (begin == head.npos) return {};
  head.remove_prefix(begin + name.size() + 4);
  return std::string(head.substr(0, head.find("\r\n")));
}

// The answer to a request for a WebSocket.
inline std::string upgrade_answer(std::string_view request, std::string_view fields = "") {
  const auto accept = web_socket_accept(field_in(request, "Sec-WebSocket-Key"));
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n{}\r\n",
      std::string_view(accept.data(), accept.size()), fields);
}

// A whole frame of a server.
inline std::string server_frame(WebSocketOpcode opcode, std::string_view payload) {
  std::string frame{static_cast<char>(0x80 | static_cast<unsigned>(opcode))};
  const size_t size = payload.size();
  const size_t bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  frame += static_cast<char>(bytes == 0 ? size : bytes == 2 ? 126 : 127);
  for (size_t i = bytes; i > 0; --i) frame += static_cast<char>(size >> (8 * (i - 1)) & 0xff);
  return frame.append(payload);
}

// The payload of a client's short frame.
inline std::string unmasked(std::string_view frame) {
  std::string payload(frame.substr(6));
  for (size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<char>(payload[i] ^ frame[2 + i % 4]);
  }
  return payload;
}

}  // namespace fanlight
