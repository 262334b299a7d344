// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/authority.h"

#include <gtest/gtest.h>

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
