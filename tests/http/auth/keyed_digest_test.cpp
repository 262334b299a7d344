// SPDX-License-Identifier: Apache-2.0
#include "http/auth/keyed_digest.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace fanlight {
namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

TEST(KeyedDigest, IsHmacSha256) {
  const KeyedDigest digest(std::string_view("key"));
  const std::array<std::string_view, 3> parts = {"The quick brown fox ", "",
                                                 "jumps over the lazy dog"};
  // Twice: each begins again with the key.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(hex(digest.of(parts)),
              "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  }
}

// RFC 4231 section 4.7.
TEST(KeyedDigest, ALongKeyIsHashedFirst) {
  const KeyedDigest digest(std::string(131, '\xaa'));
  const std::array<std::string_view, 1> text = {
      "Test Using Larger Than Block-Size Key - Hash Key First"};
  EXPECT_EQ(hex(digest.of(text)),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(KeyedDigest, RandomKeysDiffer) {
  const std::array<std::string_view, 1> text = {"a"};
  const KeyedDigest one = KeyedDigest::with_random_key(), other = KeyedDigest::with_random_key();
  EXPECT_TRUE(is_same(one.of(text), one.of(text)));
  EXPECT_FALSE(is_same(one.of(text), other.of(text)));
}

}  // namespace
}  // namespace fanlight
