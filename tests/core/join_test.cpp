// SPDX-License-Identifier: Apache-2.0
#include "core/join.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace fanlight {
namespace {

TEST(JoinTest, PutsTheSeparatorBetweenTexts) {
  EXPECT_EQ(join(std::array<std::string_view, 3>{"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join(std::vector<std::string>{"a", "", "c"}, "-"), "a--c");
}

TEST(JoinTest, NeedsNoSeparatorForFewerThanTwo) {
  EXPECT_EQ(join(std::vector<std::string>{}, ", "), "");
  EXPECT_EQ(join(std::vector<std::string>{"alone"}, ", "), "alone");
  EXPECT_EQ(join(std::vector<std::string>{"", "a"}, ","), ",a");
}

}  // namespace
}  // namespace fanlight
