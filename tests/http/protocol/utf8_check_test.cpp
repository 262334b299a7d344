// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/utf8_check.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace fanlight {
namespace {

bool is_text(std::string_view bytes) {
  Utf8Check check;
  for (const char c : bytes) {
    if (!check.take(static_cast<unsigned char>(c))) return false;
  }
  return check.is_whole();
}

// RFC 3629 section 3.
std::string encoded(unsigned code) {
  const auto tail = [code](unsigned shift) {
    return static_cast<char>(0x80 | (code >> shift & 0x3f));
  };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8Check, TakesEveryCharacterAndNoSurrogate) {
  for (unsigned code = 0; code < 0x120000; ++code) {
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    ASSERT_EQ(is_text(encoded(code)), !is_surrogate && code <= 0x10ffff) << std::hex << code;
  }
}

TEST(Utf8Check, RefusesOverlongFormsAndStrayBytes) {
  for (const std::string_view wrong :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80", "\xfe", "\xff", "\xc3x", "\xe2\x82x", "\xe2x"}) {
    EXPECT_FALSE(is_text(wrong)) << testing::PrintToString(wrong);
  }
}

TEST(Utf8Check, IsWholeOnlyBetweenCharacters) {
  Utf8Check check;
  EXPECT_TRUE(check.is_whole());
  for (const char c : std::string_view("\xf0\x9f\x98")) {
    EXPECT_TRUE(check.take(static_cast<unsigned char>(c)));
    EXPECT_FALSE(check.is_whole());
  }
  EXPECT_TRUE(check.take(0x80));
  EXPECT_TRUE(check.is_whole());
  EXPECT_TRUE(check.take('a')) << "the limits of the last byte are gone";
}

}  // namespace
}  // namespace fanlight
