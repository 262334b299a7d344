// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/piece.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

std::string text_of(const Piece& piece) {
  std::array<iovec, 3> vectors;
  std::string text;
  const size_t count = piece.remaining(vectors);
  for (size_t i = 0; i < count; ++i) {
    EXPECT_GT(vectors[i].iov_len, 0u);
    text.append(static_cast<char*>(vectors[i].iov_base), vectors[i].iov_len);
  }
  return text;
}

TEST(Piece, GivesWhatIsLeftAfterEveryOffset) {
  const std::string whole = "prefixSLICEend";
  for (size_t sent = 0; sent <= whole.size(); ++sent) {
    Piece piece("prefix", "SLICE", "end");
    piece.advance(sent);
    EXPECT_EQ(text_of(piece), whole.substr(sent)) << sent;
    EXPECT_EQ(piece.complete(), sent == whole.size());
  }
}

TEST(Piece, SkipsEmptySlices) {
  std::array<iovec, 3> vectors;
  EXPECT_EQ(Piece("a", "", "b").remaining(vectors), 2u);
  EXPECT_EQ(Piece("", "x").remaining(vectors), 1u);
  EXPECT_EQ(Piece().remaining(vectors), 0u);
  EXPECT_TRUE(Piece().complete());
}

TEST(Piece, OneSliceIsGivenAsItIs) {
  Piece piece("SLICE");
  EXPECT_EQ(piece.single(), "SLICE");
  piece.advance(2);
  EXPECT_EQ(piece.single(), "ICE");
  EXPECT_EQ(Piece("a", "b").single(), "");
  EXPECT_EQ(Piece("", "b").single(), "");
}

TEST(PieceDeathTest, MoreThanItsSizeCannotBeSent) {
  Piece piece("abc");
  EXPECT_DEATH(piece.advance(4), "CHECK");
}

}  // namespace
}  // namespace fanlight
