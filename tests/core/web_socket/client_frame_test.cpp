// SPDX-License-Identifier: Apache-2.0
#include "core/web_socket/client_frame.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

std::string unmasked(const std::string& frame) {
  std::string payload = frame.substr(6);
  for (size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<char>(payload[i] ^ frame[2 + i % 4]);
  }
  return payload;
}

TEST(ClientFrame, IsFinalAndMasked) {
  const std::string frame = make_client_frame(WebSocketOpcode::pong, "hello");
  ASSERT_EQ(frame.size(), 11u);
  EXPECT_EQ(frame.substr(0, 2), "\x8a\x85");
  EXPECT_EQ(unmasked(frame), "hello");
}

TEST(ClientFrame, MayBeEmpty) {
  const std::string frame = make_client_frame(WebSocketOpcode::close, "");
  EXPECT_EQ(frame.size(), 6u);
  EXPECT_EQ(frame.substr(0, 2), "\x88\x80");
}

TEST(ClientFrame, MasksAreDifferent) {
  EXPECT_NE(make_client_frame(WebSocketOpcode::ping, "the same payload"),
            make_client_frame(WebSocketOpcode::ping, "the same payload"));
}

TEST(ClientFrameDeathTest, ALongPayloadAborts) {
  EXPECT_DEATH(make_client_frame(WebSocketOpcode::pong, std::string(126, 'x')), "CHECK");
}

}  // namespace
}  // namespace fanlight
