// SPDX-License-Identifier: Apache-2.0
#include "core/nearest_word.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace fanlight {
namespace {

constexpr std::array<std::string_view, 7> kKnown = {
    "source", "size", "fps", "pattern", "listen", "cors-origin", "max-viewers"};

std::string_view nearest(std::string_view word) {
  return nearest_word(word, kKnown);
}

TEST(NearestWord, FindsEveryKindOfTypo) {
  EXPECT_EQ(nearest("soruce"), "source") << "two neighbours swapped";
  EXPECT_EQ(nearest("fsp"), "fps");
  EXPECT_EQ(nearest("patern"), "pattern") << "one missing";
  EXPECT_EQ(nearest("sizee"), "size") << "one too many";
  EXPECT_EQ(nearest("lisren"), "listen") << "a wrong one";
  EXPECT_EQ(nearest("urce"), "source") << "two missing";
  EXPECT_EQ(nearest("max-veiwer"), "max-viewers") << "two errors";
  EXPECT_EQ(nearest("source"), "source");
}

TEST(NearestWord, IgnoresCaseAndUnderscores) {
  EXPECT_EQ(nearest("MAX_VIEWERS"), "max-viewers");
  EXPECT_EQ(nearest("Cors_Orgin"), "cors-origin");
}

TEST(NearestWord, ReturnsNothingIfNothingIsNear) {
  for (const std::string_view far : {"", "x", "fq", "sauerkraut", "telepathy", "sz"}) {
    EXPECT_EQ(nearest(far), "") << far;
  }
  EXPECT_EQ(nearest("max-vie"), "") << "four errors";
  EXPECT_EQ(nearest(std::string(65, 'a')), "");
  EXPECT_EQ(nearest_word(std::string(64, 'a'), std::array<std::string_view, 0>{}), "");
}

TEST(NearestWord, PrefersTheFewestErrorsThenTheLongestPrefix) {
  constexpr std::array<std::string_view, 2> kSwitch = {"on", "off"};
  EXPECT_EQ(nearest_word("of", kSwitch), "off") << "one error from both";
  constexpr std::array<std::string_view, 3> kNear = {"hlog", "blogs", "blog"};
  EXPECT_EQ(nearest_word("blog", kNear), "blog");
}

TEST(NearestWord, SuggestionNamesTheWordOrIsEmpty) {
  EXPECT_EQ(did_you_mean("soruce", kKnown), "; did you mean 'source'?");
  EXPECT_EQ(did_you_mean("soruce", kKnown, "--"), "; did you mean '--source'?");
  EXPECT_EQ(did_you_mean("telepathy", kKnown, "--"), "");
}

}  // namespace
}  // namespace fanlight
