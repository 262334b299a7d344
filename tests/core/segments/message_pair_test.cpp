// SPDX-License-Identifier: Apache-2.0
#include "core/segments/message_pair.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

constexpr std::string_view kWhole = R"({"camera":"front","sequence":12,"timestamp":1})";
constexpr std::string_view kEmpty =
    R"({"camera":"front","sequence":13,"timestamp":1,"update":{"base":12,"width":64,"height":16,)"
    R"("segment_width":64,"segment_height":16,"atlas_columns":1,"runs":[]}})";

TEST(MessagePair, PictureFollowsItsMessage) {
  MessagePair pair;
  EXPECT_EQ(pair.take_text(kWhole.substr(0, 10), false), "");
  EXPECT_FALSE(pair.awaits_binary());
  EXPECT_EQ(pair.take_text(kWhole.substr(10), true), "");
  EXPECT_EQ(pair.message().sequence, 12u);
  EXPECT_TRUE(pair.awaits_binary());
  EXPECT_EQ(pair.end_binary(), "");
  EXPECT_FALSE(pair.awaits_binary());
  EXPECT_EQ(pair.end_binary(), "a picture without its message");
}

TEST(MessagePair, NoPictureFollowsAnEmptyUpdate) {
  MessagePair pair;
  EXPECT_EQ(pair.take_text(kEmpty, true), "");
  EXPECT_FALSE(pair.awaits_binary());
}

TEST(MessagePair, MessagesOutOfTurnAreProblems) {
  MessagePair pair;
  EXPECT_EQ(pair.take_text(kWhole, true), "");
  EXPECT_EQ(pair.take_text(kWhole, true), "a message without its picture");
  pair.restart();
  EXPECT_EQ(pair.take_text(kWhole, true), "");
  pair.restart();
  std::string other(kWhole);
  other.replace(other.find("front"), 5, "back");
  EXPECT_EQ(pair.take_text(other, true), "a message about another camera");
}

TEST(MessagePair, LongTextsAndBrokenOnesAreProblems) {
  MessagePair pair;
  EXPECT_EQ(pair.take_text(std::string(kUpdateMessageBytesMax, ' '), false), "");
  EXPECT_EQ(pair.take_text(" ", true), "a message too long");
  pair.restart();
  EXPECT_NE(pair.take_text("{", true), "");
}

}  // namespace
}  // namespace fanlight
