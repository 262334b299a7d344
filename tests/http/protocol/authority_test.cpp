// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/authority.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace fanlight {
namespace {

TEST(Authority, IsWhatRfc3986Allows) {
  for (const char* good : {"",
                           ":",
                           ":80",
                           "cam",
                           "cam:",
                           "cam:80",
                           "cam.local:5000",
                           "127.0.0.1:5000",
                           "1.2.3.999",
                           "a_b~c-d",
                           "a!$&'()*+,;=b",
                           "%63am",
                           "%C3%A4",
                           "[::]",
                           "[::1]:5000",
                           "[::1]:",
                           "[1:2:3:4:5:6:7:8]",
                           "[1:2:3:4:5:6:1.2.3.4]",
                           "[fe80::ABCD]",
                           "[v1.a:b]",
                           "[VfF.x]:1"}) {
    EXPECT_TRUE(is_authority(good)) << good;
  }
}

TEST(Authority, IsNothingElse) {
  for (const char* bad : {"a b",
                          "a/b",
                          "a?b",
                          "a#b",
                          "a@b",
                          "user:pw@cam",
                          "a\\b",
                          "a\"b",
                          "<a>",
                          "a|b",
                          "a^b",
                          "{a}",
                          "`a`",
                          "cam:80:80",
                          "cam:http",
                          "cam:-1",
                          "cam:+1",
                          "cam: 80",
                          "::1",
                          "%",
                          "%4",
                          "%zz",
                          "a%2",
                          "\xc3\xa4",
                          "[",
                          "]",
                          "[]",
                          "[::1",
                          "::1]",
                          "[::1]80",
                          "[::1]x",
                          "[[::1]]",
                          "[127.0.0.1]",
                          "[1:2:3:4:5:6:7]",
                          "[1:2:3:4:5:6:7:8:9]",
                          "[1::2::3]",
                          "[12345::]",
                          "[g::]",
                          "[::1.2.3.256]",
                          "[::01.2.3.4]",
                          "[fe80::1%25eth0]",
                          "[fe80::1%eth0]",
                          "[v.a]",
                          "[v1]",
                          "[v1.]",
                          "[vg.a]",
                          "[v1.a/b]",
                          "[::1]:x",
                          "cam]",
                          "a[b"}) {
    EXPECT_FALSE(is_authority(bad)) << bad;
  }
}

// RFC 3986 sections 2.2 and 2.3: unreserved and sub-delims; a colon has an empty host before it.
TEST(Authority, ANameHasCharactersOfTheGrammar) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:";
  for (int value = 0; value < 256; ++value) {
    const std::string text(1, static_cast<char>(value));
    const bool is_allowed = kAllowed.find(text) != std::string_view::npos;
    EXPECT_EQ(is_authority(text), is_allowed) << value;
    EXPECT_EQ(is_authority("[v1." + text + "]"), is_allowed) << value;
  }
}

TEST(Authority, TwoHexDigitsFollowAPercent) {
  constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
  for (int value = 0; value < 256; ++value) {
    const std::string text(1, static_cast<char>(value));
    const bool is_digit = kHexDigits.find(text) != std::string_view::npos;
    EXPECT_EQ(is_percent_encoded("a%" + text + "0"), is_digit) << value;
    EXPECT_EQ(is_percent_encoded("a%0" + text), is_digit) << value;
    EXPECT_EQ(is_authority("[v" + text + ".a]"), is_digit) << value;
  }
  EXPECT_TRUE(is_percent_encoded("%41%5a"));
  EXPECT_FALSE(is_percent_encoded("%41%5")) << "also of the second one";
}

TEST(Authority, OfAnHttpUriHasAHost) {
  for (const char* good : {"cam", "cam:", "[::1]:80"}) EXPECT_TRUE(is_http_authority(good)) << good;
  for (const char* bad : {"", ":", ":80", "a@b"}) EXPECT_FALSE(is_http_authority(bad)) << bad;
}

TEST(Authority, IsAHostAndAPort) {
  EXPECT_EQ(host_of(""), "");
  EXPECT_EQ(host_of(":80"), "");
  EXPECT_EQ(host_of("cam.local:5000"), "cam.local");
  EXPECT_EQ(host_of("cam."), "cam.");
  EXPECT_EQ(host_of("[::1]:5000"), "[::1]");
  EXPECT_EQ(host_of("[::1]"), "[::1]");
}

}  // namespace
}  // namespace fanlight
