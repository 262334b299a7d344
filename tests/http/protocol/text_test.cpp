// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace fanlight {
namespace {

TEST(TextWriter, EscapesWhatJsonForbids) {
  std::array<char, 128> room;
  TextWriter text(room);
  text.add("{}", "<");
  text.add_json("a\"b\\c\n\x01é");
  EXPECT_EQ(std::string_view(room.data(), text.size()), "<a\\\"b\\\\c \uFFFDé");
}

// A text message of a WebSocket that is not UTF-8 ends the connection (RFC 6455 section 8.1).
TEST(TextWriter, WhatOthersWroteIsMadePrintable) {
  std::array<char, 128> room;
  TextWriter text(room);
  text.add_json("a\xff\x1b\u202e");
  text.add_html("b\xff\x1b\u202e");
  EXPECT_EQ(text.view(), "a\uFFFD\uFFFD\uFFFDb\uFFFD\uFFFD\uFFFD");
}

TEST(TextWriter, CutsLongText) {
  std::array<char, 1024> room;
  TextWriter text(room);
  text.add_json(std::string(1000, 'x'));
  EXPECT_EQ(text.size(), 256u);
  text.add_json(std::string(1000, 'x'), 100);
  EXPECT_EQ(text.size(), 356u);
  text.add_json(std::string(255, 'x') + "é", 256);
  EXPECT_EQ(text.size(), 356u + 255u) << "half a character is none";
}

TEST(TextWriter, EscapesWhatHtmlForbids) {
  std::array<char, 2048> room;
  TextWriter text(room);
  text.add_html("<a href=\"x\">'&'</a>é");
  const std::string_view expected = "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;é";
  EXPECT_EQ(std::string_view(room.data(), text.size()), expected);
  EXPECT_EQ(text.room(), room.size() - expected.size());
  text.add_html(std::string(1000, 'x'));
  EXPECT_EQ(text.size(), expected.size() + 256);
}

TEST(TextWriter, TakesALongTextPartByPart) {
  std::array<char, 8> room;
  std::string_view left = "abcdefghijk";
  TextWriter first(room);
  first.add("<");
  first.raw_part(left, 2);
  EXPECT_EQ(first.view(), "<abcde");
  EXPECT_EQ(left, "fghijk");
  TextWriter second(room);
  second.raw_part(left);
  EXPECT_EQ(second.view(), "fghijk");
  EXPECT_EQ(left, "");
}

TEST(TextWriterDeathTest, ChecksItsRoom) {
  std::array<char, 4> room;
  TextWriter text(room);
  EXPECT_DEATH(text.add("{}", "12345"), "CHECK");
  EXPECT_DEATH(text.raw("12345"), "CHECK");
  std::string_view left = "1";
  EXPECT_DEATH(text.raw_part(left, 5), "CHECK");
}

}  // namespace
}  // namespace fanlight
