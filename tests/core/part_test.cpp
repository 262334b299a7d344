// SPDX-License-Identifier: Apache-2.0
#include "core/part.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

#include "core/frame.h"

namespace fanlight {
namespace {

WallTime wall(int64_t microseconds) {
  return WallTime(std::chrono::microseconds(microseconds));
}

// The head as text; checks that nothing was written before it.
std::string head(size_t jpeg_size, WallTime captured, uint64_t sequence, std::string_view reason) {
  std::array<char, kPartHeadroom> room;
  room.fill('#');
  const size_t size = write_part_head(room, jpeg_size, captured, sequence, reason);
  EXPECT_LE(size, kPartHeadroom);
  EXPECT_EQ(part_head_size(jpeg_size, captured, sequence, reason), size);
  EXPECT_EQ(std::string(room.data(), kPartHeadroom - size), std::string(kPartHeadroom - size, '#'));
  return {room.data() + kPartHeadroom - size, size};
}

TEST(PartTest, HeadMatchesByteForByte) {
  EXPECT_EQ(head(20'480, wall(1'700'000'000'123'456), 42, ""),
            "Content-Type: image/jpeg\r\n"
            "Content-Length: 20480\r\n"
            "X-Timestamp: 1700000000.123456\r\n"
            "X-Sequence: 42\r\n"
            "\r\n");
}

TEST(PartTest, MicrosecondsKeepLeadingZeros) {
  EXPECT_NE(head(1, wall(1'700'000'000'000'007), 1, "").find("X-Timestamp: 1700000000.000007\r\n"),
            std::string::npos);
  EXPECT_NE(head(1, wall(0), 1, "").find("X-Timestamp: 0.000000\r\n"), std::string::npos);
}

TEST(PartTest, SlateHeadMatchesByteForByte) {
  EXPECT_EQ(head(9, wall(5'000'000), 7, "camera unplugged"),
            "Content-Type: image/jpeg\r\n"
            "Content-Length: 9\r\n"
            "X-Timestamp: 5.000000\r\n"
            "X-Sequence: 7\r\n"
            "X-Slate: camera unplugged\r\n"
            "\r\n");
}

// A reason may be received from another server: it must not be able to end the head or add a field.
TEST(PartTest, ReplacesNonPrintableAsciiInTheReason) {
  const std::string text =
      head(9, wall(0), 7, std::string_view("a\r\nX-Evil: 1\0\t\x7f\xc3\xbc~", 18));
  EXPECT_NE(text.find("X-Slate: a  X-Evil: 1? ???~\r\n\r\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("\r\nX-Evil"), std::string::npos);
}

TEST(PartTest, TruncatesALongReason) {
  const std::string text = head(9, wall(0), 7, std::string(200, 'r'));
  EXPECT_NE(text.find("X-Slate: " + std::string(kSlateReasonMax, 'r') + "\r\n\r\n"),
            std::string::npos);
}

TEST(PartTest, LongestHeadFitsTheHeadroom) {
  const std::string reason(kSlateReasonMax, 'r');
  for (const int64_t time :
       {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    const std::string text =
        head(std::numeric_limits<size_t>::max(), wall(time), UINT64_MAX, reason);
    EXPECT_LE(text.size(), 148 + kSlateReasonMax);
    EXPECT_TRUE(text.ends_with(reason + "\r\n\r\n"));
  }
}

TEST(PartTest, TailIsTheDelimiterAndTheNextHead) {
  std::array<char, kPartTailSize + 1> tail;
  tail.fill('#');
  write_part_tail(tail.data());
  EXPECT_EQ(std::string(tail.data(), tail.size()),
            "\r\n--boundarydonotcross\r\nContent-Type: image/jpeg\r\n\r\n#");
}

TEST(PartTest, BoundariesAreTheOnesClientsExpect) {
  EXPECT_EQ(kBoundary, "boundarydonotcross");
  EXPECT_EQ(kSeedBoundary, "frame");
  EXPECT_EQ(kPartDelimiter, "\r\n--" + std::string(kBoundary) + "\r\n");
}

TEST(SlateReasonTest, KeepsAShortTextAndTruncatesALongOne) {
  EXPECT_TRUE(SlateReason().empty());
  EXPECT_TRUE(SlateReason("").empty());
  EXPECT_EQ(SlateReason("no signal").view(), "no signal");
  EXPECT_FALSE(SlateReason("no signal").empty());
  EXPECT_EQ(SlateReason(std::string(500, 'x')).view(), std::string(kSlateReasonMax, 'x'));
}

TEST(SlateReasonTest, UpstreamTextIsMadePrintable) {
  EXPECT_EQ(SlateReason("lost\r\nX-Evil: 1\xff\x1b").view(), "lost  X-Evil: 1\uFFFD\uFFFD");
}

}  // namespace
}  // namespace fanlight
