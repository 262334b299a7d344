// SPDX-License-Identifier: Apache-2.0
#include "tools/load/header_field.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(HeaderField, SplitsAtTheFirstColonAndTrimsTheValue) {
  const HeaderField field = split_field("X-Time: \t12:30 ");
  EXPECT_EQ(field.name, "X-Time");
  EXPECT_EQ(field.value, "12:30");
  EXPECT_TRUE(field.is("x-TIME"));
  EXPECT_FALSE(field.is("x-tim"));
  EXPECT_EQ(split_field("no field").name, "");
}

TEST(HeaderField, ParsesMicroseconds) {
  EXPECT_EQ(parse_microseconds("1700000000.123456"), 1'700'000'000'123'456);
  EXPECT_EQ(parse_microseconds("12"), 12'000'000);
  EXPECT_EQ(parse_microseconds("12.5"), 12'500'000);
  EXPECT_EQ(parse_microseconds("12.000001999"), 12'000'001);
  for (const char* text : {"", ".5", "x", "1.x", "-1.0", "99999999999999999"}) {
    EXPECT_EQ(parse_microseconds(text), std::nullopt) << text;
  }
}

TEST(HeaderField, ParsesBoundaries) {
  EXPECT_EQ(find_boundary("multipart/x-mixed-replace; boundary=frame"), "frame");
  EXPECT_EQ(find_boundary("multipart/x-mixed-replace;boundary=\"a b\";c=d"), "a b");
  EXPECT_EQ(find_boundary("MULTIPART/Mixed; x=y; BOUNDARY = --z "), "--z");
  EXPECT_EQ(find_boundary("multipart/mixed"), "");
  EXPECT_EQ(find_boundary("multipart/mixed; boundary"), "");
  EXPECT_EQ(find_boundary("image/jpeg; boundary=frame"), "");
}

TEST(HeaderField, HashDistinguishesNames) {
  EXPECT_EQ(hash_of_name("Content-Type: a"), hash_of_name("content-type:b"));
  EXPECT_NE(hash_of_name("Content-Type: a"), hash_of_name("ontent-Type: a"));
  EXPECT_EQ(hash_of_name("no name"), 0u);
  EXPECT_EQ(hash_of_name("no name: x"), 0u);
  EXPECT_EQ(hash_of_name(""), 0u);
}

}  // namespace
}  // namespace fanlight
