// SPDX-License-Identifier: Apache-2.0
// The client's side of a WebSocket: makes frames to send, and reads the server's frames.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/shard_world.h"

namespace fanlight {

inline std::string web_socket_request(const std::string& target) {
  return get(target,
             "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

// One frame as a client sends it (RFC 6455 section 5.2): masked, the length in the fewest bytes.
inline std::string client_frame(unsigned char first, std::string_view payload,
                                std::string_view mask = "\x11\x22\x33\x44") {
  std::string frame(1, static_cast<char>(first));
  const size_t size = payload.size();
  const size_t extended = size < 126 ? 0 : size <= 0xffff ? 2 : 8;
  frame += static_cast<char>(0x80 | (extended == 0 ? size : extended == 2 ? 126 : 127));
  for (size_t i = extended; i > 0; --i) frame += static_cast<char>(size >> (8 * (i - 1)));
  frame += mask;
  for (size_t i = 0; i < size; ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

inline constexpr unsigned char kClientText = 0x81;
inline constexpr unsigned char kClientClose = 0x88;
inline constexpr unsigned char kClientPing = 0x89;

// A frame that the server sent.
struct ServerFrame {
  unsigned char first = 0;  // FIN and opcode
  std::string payload;
};

// Takes whole frames from the front of `text`.
inline std::vector<ServerFrame> server_frames(std::string_view text) {
  std::vector<ServerFrame> frames;
  while (text.size() >= 2) {
    const auto byte = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
    EXPECT_EQ(byte(1) & 0x80, 0) << "server frames must not be masked";
    const size_t code = byte(1) & 0x7f;
    const size_t extended = code == 126 ? 2 : code == 127 ? 8 : 0;
    if (text.size() < 2 + extended) break;
    uint64_t size = extended == 0 ? code : 0;
    for (size_t i = 0; i < extended; ++i) size = size << 8 | byte(2 + i);
    EXPECT_TRUE(extended == 0 || size >= (extended == 2 ? 126u : 0x10000u))
        << "the length is not encoded minimally";
    if (text.size() - 2 - extended < size) break;
    frames.push_back({byte(0), std::string(text.substr(2 + extended, size))});
    text.remove_prefix(2 + extended + size);
  }
  return frames;
}

}  // namespace fanlight
