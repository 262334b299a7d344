// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/field_text.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace fanlight {
namespace {

TEST(FieldText, FindsTheBoundary) {
  EXPECT_EQ(find_boundary("multipart/mixed; boundary=\"a b\"; x=y"), "a b");
  EXPECT_EQ(find_boundary("multipart/mixed; BOUNDARY = a b ;x"), "a b");
  EXPECT_EQ(find_boundary("multipart/mixed"), "");
}

TEST(FieldText, ParsesTimesExactlyOrRejectsThem) {
  const auto us = [](const char* text) -> int64_t {
    const auto time = parse_timestamp(text);
    return time ? time->time_since_epoch().count() : -1;
  };
  EXPECT_EQ(us("1700000000"), 1'700'000'000'000'000);
  EXPECT_EQ(us("1700000000."), 1'700'000'000'000'000);
  EXPECT_EQ(us("1700000000.000001"), 1'700'000'000'000'001);
  EXPECT_EQ(us("1700000000.1234569"), 1'700'000'000'123'456);
  EXPECT_EQ(us("9999999999.999999"), 9'999'999'999'999'999);
  for (const char* text : {"", ".", "x", "-1", "12345.5", "1700000000123", "1700000000.1x",
                           "1700000000.-1", "1700000000,5", "1e9", "99999999999999999999"}) {
    EXPECT_EQ(us(text), -1) << text;
  }
}

}  // namespace
}  // namespace fanlight
