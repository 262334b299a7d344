// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/token.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

TEST(Token, EachCharacterIsOneOrNot) {
  const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const std::string all = letters + "!#$%&'*+-.^_`|~";  // RFC 9110 section 5.6.2
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    EXPECT_EQ(is_token_character(c), all.find(c) != std::string::npos) << value;
  }
}

TEST(Token, IsNotEmptyAndHasNoOtherCharacter) {
  EXPECT_TRUE(is_token("Content-Length"));
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("a b"));
  EXPECT_FALSE(is_token(" a"));
  EXPECT_FALSE(is_token("a:"));
}

}  // namespace
}  // namespace fanlight
