// SPDX-License-Identifier: Apache-2.0
#include "core/web_socket/web_socket_key.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(WebSocketKey, IsRandomAndOf16Bytes) {
  const std::string key = make_web_socket_key();
  EXPECT_TRUE(is_web_socket_key(key)) << key;
  EXPECT_NE(make_web_socket_key(), key);
  EXPECT_TRUE(is_web_socket_key("dGhlIHNhbXBsZSBub25jZQ=="));
  for (const char* wrong : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
                            "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZQQQ"}) {
    EXPECT_FALSE(is_web_socket_key(wrong)) << wrong;
  }
}

// The example of RFC 6455 section 1.3.
TEST(WebSocketKey, IsAcceptedAsTheStandardSays) {
  const auto accept = web_socket_accept("dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(std::string(accept.begin(), accept.end()), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

}  // namespace
}  // namespace fanlight
