// SPDX-License-Identifier: Apache-2.0
#include "capture/draw/font.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace fanlight {
namespace {

std::string drawing_of(char character) {
  std::string drawing;
  for (int row = 0; row < kGlyphRows; ++row) {
    for (int column = 0; column < kGlyphColumns; ++column) {
      drawing += glyph_of(character).has(column, row) ? '#' : '.';
    }
    drawing += '\n';
  }
  return drawing;
}

TEST(Font, HasADistinctGlyphForEveryPrintableCharacter) {
  std::set<std::string> drawings;
  for (char character = ' '; character <= '~'; ++character) {
    EXPECT_TRUE(drawings.insert(drawing_of(character)).second) << character;
  }
  EXPECT_EQ(drawings.size(), 95u);
}

TEST(Font, RendersGlyphsAsDefined) {
  EXPECT_EQ(drawing_of(' '), ".....\n.....\n.....\n.....\n.....\n.....\n.....\n.....\n");
  EXPECT_EQ(drawing_of('F'), "#####\n#....\n#....\n####.\n#....\n#....\n#....\n.....\n");
  EXPECT_EQ(drawing_of('y'), ".....\n.....\n#...#\n#...#\n#...#\n.####\n....#\n.###.\n");
}

TEST(Font, ShowsABoxForOtherCharacters) {
  const std::string box = drawing_of('\x7f');
  EXPECT_EQ(drawing_of('\0'), box);
  EXPECT_EQ(drawing_of('\n'), box);
  EXPECT_EQ(drawing_of('\xc3'), box);
  EXPECT_NE(drawing_of('~'), box);
}

}  // namespace
}  // namespace fanlight
