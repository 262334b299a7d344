// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/piece.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

std::string text_of(Piece& piece) {
  std::string text;
  for (const iovec& slice : piece.remaining()) {
    EXPECT_GT(slice.iov_len, 0u);
    text.append(static_cast<char*>(slice.iov_base), slice.iov_len);
  }
  return text;
}

TEST(Piece, GivesWhatIsLeftAfterEveryTwoSteps) {
  const std::string whole = "prefixSLICEend";
  for (size_t first = 0; first <= whole.size(); ++first) {
    for (size_t sent = first; sent <= whole.size(); ++sent) {
      Piece piece("prefix", "SLICE", "end");
      piece.advance(first);
      piece.advance(sent - first);
      EXPECT_EQ(text_of(piece), whole.substr(sent)) << first << " then " << sent;
      const size_t end = sent < 6 ? 6 : sent < 11 ? 11 : whole.size();
      EXPECT_EQ(piece.first(), whole.substr(sent, end - sent));
      EXPECT_EQ(piece.sent(), sent);
      EXPECT_EQ(piece.size(), whole.size());
      EXPECT_EQ(piece.complete(), sent == whole.size());
    }
  }
}

TEST(Piece, SkipsEmptySlices) {
  EXPECT_EQ(Piece("a", "", "b").remaining().size(), 2u);
  EXPECT_EQ(Piece("", "x").remaining().size(), 1u);
  EXPECT_EQ(Piece().remaining().size(), 0u);
  EXPECT_TRUE(Piece().complete());
}

TEST(Piece, GivesOneSliceAsItIs) {
  Piece piece("SLICE");
  EXPECT_EQ(piece.single(), "SLICE");
  piece.advance(2);
  EXPECT_EQ(piece.single(), "ICE");
  piece.advance(3);
  EXPECT_EQ(piece.single(), "");
  EXPECT_EQ(Piece("", "b").single(), "b");
}

TEST(Piece, TheLastOfSeveralSlicesIsNotTheWholePiece) {
  Piece piece("a", "b");
  EXPECT_EQ(piece.single(), "");
  piece.advance(1);
  EXPECT_EQ(piece.single(), "");
}

TEST(PieceDeathTest, MoreThanItsSizeCannotBeSent) {
  Piece piece("abc");
  EXPECT_DEATH(piece.advance(4), "CHECK");
}

}  // namespace
}  // namespace fanlight
