// SPDX-License-Identifier: Apache-2.0
#include "core/shared_text.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <thread>

namespace fanlight {
namespace {

using Room = std::array<char, SharedText::kBytesMax>;

TEST(SharedText, CopyMatchesTheText) {
  const auto room = std::make_unique<Room>();
  SharedText text("{}");
  EXPECT_EQ(text.copy(*room), "{}");
  EXPECT_TRUE(text.set("[1]"));
  EXPECT_EQ(text.copy(*room), "[1]");
  EXPECT_TRUE(text.set({}));
  EXPECT_EQ(text.copy(*room), "");
}

TEST(SharedText, OverlongTextChangesNothing) {
  const auto room = std::make_unique<Room>();
  SharedText text(std::string(SharedText::kBytesMax, 'x'));
  EXPECT_FALSE(text.set(std::string(SharedText::kBytesMax + 1, 'y')));
  EXPECT_EQ(text.copy(*room), std::string(SharedText::kBytesMax, 'x'));
}

TEST(SharedText, ReadersSeeCompleteTexts) {
  SharedText text(std::string(1, 'a'));
  std::thread writer([&] {
    for (size_t i = 0; i < 2000; ++i) text.set(std::string(1 + i % 26, char('a' + i % 26)));
  });
  const auto room = std::make_unique<Room>();
  for (int i = 0; i < 2000; ++i) {
    const std::string_view seen = text.copy(*room);
    ASSERT_FALSE(seen.empty());
    ASSERT_EQ(seen, std::string(size_t(1 + seen[0] - 'a'), seen[0]));
  }
  writer.join();
}

}  // namespace
}  // namespace fanlight
