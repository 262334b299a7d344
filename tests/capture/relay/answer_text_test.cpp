// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/answer_text.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

TEST(AnswerText, IsOnePrintableLine) {
  EXPECT_EQ(answer_text("Camera\r\n\t is  off \n"), "Camera is off");
  EXPECT_EQ(answer_text("K\xc3\xa4se"), "K??se");
  EXPECT_EQ(answer_text(std::string(1000, 'x')), std::string(80, 'x'));
  EXPECT_EQ(answer_text(""), "");
}

TEST(AnswerText, OfAPageIsItsVisibleText) {
  EXPECT_EQ(answer_text("<!DOCTYPE html><html><head><title>Log in</title><STYLE>p { color: red }"
                        "</style><script>if (a < b) x();</script></head><body><p>Please</p>"),
            "Log in Please");
  EXPECT_EQ(answer_text("<p>cut <b"), "cut");
  EXPECT_EQ(answer_text("<script>cut"), "");
  EXPECT_EQ(answer_text("<"), "");
}

TEST(AnswerText, BinaryContentIsOmitted) {
  EXPECT_EQ(answer_text("GIF89a\x01\x02"), "");
  EXPECT_EQ(answer_text("red \x1b[31m"), "");
  EXPECT_EQ(answer_text(std::string("\0", 1)), "");
}

}  // namespace
}  // namespace fanlight
