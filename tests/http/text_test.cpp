// SPDX-License-Identifier: Apache-2.0
#include "http/text.h"

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
  EXPECT_EQ(std::string_view(room.data(), text.size()), "<a\\\"b\\\\c\\u000a\\u0001é");
}

TEST(TextWriter, CutsLongText) {
  std::array<char, 512> room;
  TextWriter text(room);
  text.add_json(std::string(1000, 'x'));
  EXPECT_EQ(text.size(), 256u);
  text.add_json(std::string(1000, 'x'), 100);
  EXPECT_EQ(text.size(), 356u);
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

TEST(TextWriterDeathTest, ChecksItsRoom) {
  std::array<char, 4> room;
  TextWriter text(room);
  EXPECT_DEATH(text.add("{}", "12345"), "CHECK");
}

}  // namespace
}  // namespace fanlight
