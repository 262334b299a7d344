// SPDX-License-Identifier: Apache-2.0
#include "core/to_number.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace fanlight {
namespace {

TEST(ToNumber, TakesTheWholeText) {
  EXPECT_EQ(to_number<int>("-42"), -42);
  EXPECT_EQ(to_number<uint16_t>("65535"), 65535);
  EXPECT_EQ(to_number<double>("0.5"), 0.5);
  EXPECT_EQ(to_number<int>("007"), 7);
}

TEST(ToNumber, RejectsEverythingElse) {
  for (const char* text : {"", " 1", "1 ", "+1", "1x", "0x1", "1.5", "-", "99999999999"}) {
    EXPECT_EQ(to_number<int>(text), std::nullopt) << text;
  }
  EXPECT_EQ(to_number<uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(to_number<unsigned>("-1"), std::nullopt);
  EXPECT_EQ(to_number<unsigned>("-0"), std::nullopt);
  EXPECT_EQ(to_number<double>("1e999"), std::nullopt);
}

}  // namespace
}  // namespace fanlight
