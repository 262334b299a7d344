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

TEST(CellText, TextStaysAsItIs) {
  for (const auto text : {""sv, "a"sv, "Ærø & <b>\"café\"</b>"sv, "株式"sv, "📈"sv, "\u00a0\u07ff"sv,
                          "\u0800\uffef"sv, "\U00010000\U0010fffd"sv}) {
    EXPECT_EQ(shown(text), text);
  }
}

TEST(CellText, WhatIsNoCharacterIsReplaced) {
  EXPECT_EQ(shown("a\0b"sv), "a\uFFFDb");
  EXPECT_EQ(shown("\x1b[31m\x7f"), "\uFFFD[31m\uFFFD");
  EXPECT_EQ(shown("\u0085"), "\uFFFD");          // a C1 control
  EXPECT_EQ(shown("\xff\xfe"), "\uFFFD\uFFFD");  // never in UTF-8
  EXPECT_EQ(shown("\xc0\xaf"), "\uFFFD\uFFFD");  // '/' in too many bytes
  EXPECT_EQ(shown("\xe0\x80\xaf"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(shown("\xed\xa0\x80"), "\uFFFD");                        // a surrogate
  EXPECT_EQ(shown("\xef\xbf\xbf"), "\uFFFD");                        // U+FFFF
  EXPECT_EQ(shown("\xef\xb7\x90"), "\uFFFD");                        // U+FDD0
  EXPECT_EQ(shown("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(shown("\xe2\x82"), "\uFFFD\uFFFD");                      // ends within a character
  EXPECT_EQ(shown("\xe2(\xa1"), "\uFFFD(\uFFFD");
}

TEST(CellText, LineEndsAndTabsAreBlanks) {
  EXPECT_EQ(shown("a\tb\r\nc"), "a b  c");
}

TEST(CellText, LongTextIsCutBetweenCharacters) {
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
      EXPECT_EQ(shown(whole), whole);  // well-formed as far as it goes
    }
  }
}

}  // namespace
}  // namespace fanlight
