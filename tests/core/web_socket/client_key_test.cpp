// SPDX-License-Identifier: Apache-2.0
#include "core/web_socket/client_key.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(ClientKey, IsRandomAndOf16Bytes) {
  const std::string key = make_web_socket_key();
  EXPECT_EQ(key.size(), 24u);
  EXPECT_TRUE(key.ends_with("==")) << key;
  EXPECT_NE(make_web_socket_key(), key);
}

// The example of RFC 6455 section 1.3.
TEST(ClientKey, IsAcceptedAsTheStandardSays) {
  EXPECT_EQ(accept_for_web_socket_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

}  // namespace
}  // namespace fanlight
