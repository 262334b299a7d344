// SPDX-License-Identifier: Apache-2.0
#include "database/cell_text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace fanlight {
namespace {

using namespace std::string_view_literals;

std::string shown(std::string_view value) {
  std::array<char, kCellBytesMax> room;
  room.fill('!');
  return {room.data(), copy_cell_text(value, room)};
}

TEST(CellText, IsMadePrintable) {
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("Ærø & <b>株式</b> 📈"), "Ærø & <b>株式</b> 📈");
  EXPECT_EQ(shown("a\0\x1b[31m\xff\tb\r\nc"sv), "a\uFFFD\uFFFD[31m\uFFFD b  c");
}

TEST(CellText, TruncatesLongTextBetweenCharacters) {
  const std::string exact(kCellBytesMax, 'x');
  EXPECT_EQ(shown(exact), exact);
  EXPECT_EQ(shown(exact + "x"), exact.substr(3) + "…");
  EXPECT_EQ(shown(std::string(1 << 20, 'x')).size(), kCellBytesMax);

  for (const std::string character : {"é", "株", "📈", "\xff"}) {
    std::string text;
    while (text.size() <= 4 * kCellBytesMax) text += character;
    for (const std::string offset : {"", "a", "ab", "abc"}) {
      const std::string cut = shown(offset + text);
      EXPECT_LE(cut.size(), kCellBytesMax);
      EXPECT_GT(cut.size() + 7, kCellBytesMax);
      ASSERT_TRUE(cut.ends_with("…"));
      const std::string whole = cut.substr(0, cut.size() - 3);
      EXPECT_EQ(shown(whole), whole);  // well-formed up to the cut
    }
  }
}

}  // namespace
}  // namespace fanlight
