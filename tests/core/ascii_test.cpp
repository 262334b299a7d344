// SPDX-License-Identifier: Apache-2.0
#include "core/ascii.h"

#include <gtest/gtest.h>

#include <string_view>

namespace fanlight {
namespace {

TEST(Ascii, LowerChangesOnlyCapitalLetters) {
  for (int i = -128; i < 128; ++i) {
    const char c = static_cast<char>(i);
    const bool is_capital =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ").find(c) != std::string_view::npos;
    EXPECT_EQ(lower(c), is_capital ? static_cast<char>(c + 32) : c) << i;
  }
}

TEST(Ascii, TextsThatDifferOnlyInCaseAreEqual) {
  EXPECT_TRUE(equals_ignoring_case("Content-TYPE", "content-type"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("host", "host "));
  EXPECT_FALSE(equals_ignoring_case("a@b", "a`b")) << "differ in the same bit as a and A";
  EXPECT_FALSE(equals_ignoring_case("\xc3\x84", "\xc3\xa4")) << "ASCII only";
}

TEST(Ascii, ComparesOnlyThePrefix) {
  EXPECT_TRUE(starts_with_ignoring_case("Image/JPEG", "image/"));
  EXPECT_TRUE(starts_with_ignoring_case("x", ""));
  EXPECT_FALSE(starts_with_ignoring_case("imag", "image/"));
}

TEST(Ascii, TrimsSpacesAndTabs) {
  EXPECT_EQ(trimmed(" \t a b\t "), "a b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed(" \t"), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\na"), "\na");
}

}  // namespace
}  // namespace fanlight
