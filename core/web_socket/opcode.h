// SPDX-License-Identifier: Apache-2.0
// The kinds of frames of a WebSocket.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fanlight {

// RFC 6455 section 5.2. Those from `close` on are control frames.
enum class WebSocketOpcode : uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

// Of a control frame's payload, RFC 6455 section 5.5.
inline constexpr size_t kWebSocketControlBytesMax = 125;

}  // namespace fanlight
