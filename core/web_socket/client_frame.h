// SPDX-License-Identifier: Apache-2.0
// Client frame: what a client sends on a WebSocket.
#pragma once

#include <string>
#include <string_view>

#include "core/web_socket/opcode.h"

namespace fanlight {

// A whole frame, masked by random bytes (RFC 6455 section 5.3). `payload` is as short as that of a
// control frame.
std::string make_client_frame(WebSocketOpcode opcode, std::string_view payload);

}  // namespace fanlight
