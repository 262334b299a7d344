// SPDX-License-Identifier: Apache-2.0
#include "core/printable.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace fanlight {
namespace {

using namespace std::string_view_literals;

TEST(Printable, KeepsOrdinaryText) {
  for (const auto text :
       {""sv, "a"sv, " ~"sv, "Ærø & <b>\"café\"</b>"sv, "株式"sv, "📈"sv, "\u00a0\u07ff"sv,
        "\u0800\uffef"sv, "\U00010000\U0010fffd"sv, "\u0627\u200d\u05d0"sv}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ReplacesInvalidCharacters) {
  EXPECT_EQ(printable("\xff\xfe"), "\uFFFD\uFFFD");  // never valid in UTF-8
  EXPECT_EQ(printable("\xc0\xaf"), "\uFFFD\uFFFD");  // '/' in an overlong encoding
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\uFFFD");                        // a surrogate
  EXPECT_EQ(printable("\xef\xbf\xbf"), "\uFFFD");                        // U+FFFF
  EXPECT_EQ(printable("\xef\xb7\x90"), "\uFFFD");                        // U+FDD0
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(printable("\xe2\x82"), "\uFFFD\uFFFD");                      // ends within a character
  EXPECT_EQ(printable("\xe2(\xa1"), "\uFFFD(\uFFFD");
}

TEST(Printable, ReplacesTerminalAndFormattingControls) {
  EXPECT_EQ(printable("a\0b"sv), "a\uFFFDb");
  EXPECT_EQ(printable("\x1b[31m\x7f"), "\uFFFD[31m\uFFFD");
  EXPECT_EQ(printable("\u0085\u009b"), "\uFFFD\uFFFD");  // C1: next line, control sequence
  EXPECT_EQ(printable("\u2028\u2029"), "\uFFFD\uFFFD");
  EXPECT_EQ(printable("\ufeff"), "\uFFFD");
  for (const auto direction : {"\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d",
                               "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    EXPECT_EQ(printable(std::string("gpj") + direction + "x"), "gpj\uFFFDx");
  }
}

TEST(Printable, LineEndsAndTabsBecomeSpaces) {
  EXPECT_EQ(printable("a\tb\r\nc"), "a b  c");
}

TEST(Printable, CopyEndsBetweenCharacters) {
  std::array<char, 8> room;
  const auto copy = [&](std::string_view text) {
    room.fill('!');
    return std::string(room.data(), copy_printable(text, room));
  };
  EXPECT_EQ(copy("12345678"), "12345678");
  EXPECT_EQ(copy("123456789"), "12345678");
  EXPECT_EQ(copy("1234567é"), "1234567");
  EXPECT_EQ(copy("1234567é9"), "1234567") << "nothing after what did not fit";
  EXPECT_EQ(copy("123456\xff"), "123456") << "its replacement needs three bytes";
  EXPECT_EQ(copy("📈📈📈"), "📈📈");
  EXPECT_EQ(printable("123é5", 4), "123");
  EXPECT_EQ(printable("123é5", 5), "123é");
  EXPECT_EQ(room[7], "📈"[3]);
}

TEST(Printable, HeadsKeepOnlyAscii) {
  std::string text("a\r\nX-Evil: 1\0\t\x7f\xc3\xbc\x1b~"sv);
  make_ascii(text);
  EXPECT_EQ(text, "a  X-Evil: 1? ????~");
}

}  // namespace
}  // namespace fanlight
