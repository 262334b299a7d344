// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/entity_tags.h"

#include <gtest/gtest.h>

#include <string_view>

namespace fanlight {
namespace {

constexpr std::string_view kTag = "\"a-1\"";

bool weakly(std::string_view value) {
  EntityTags tags;
  EXPECT_TRUE(tags.add_line(value));
  return tags.match_weakly(kTag);
}

bool strongly(std::string_view value) {
  EntityTags tags;
  EXPECT_TRUE(tags.add_line(value));
  return tags.match_strongly(kTag);
}

TEST(EntityTags, FindsATagAnywhereInTheList) {
  for (const char* list :
       {"\"a-1\"", "*", "\"x\", \"a-1\"", "\"a-1\" , \"x\"", "\"x\",\"a-1\",\"y\"", ", ,\t\"a-1\"",
        "\"x,y\", \"a-1\"", "W/\"x\", \"a-1\""}) {
    EXPECT_TRUE(weakly(list)) << list;
    EXPECT_TRUE(strongly(list)) << list;
  }
  for (const char* list : {"", "\"x\"", "a-1", "\"a-1", "\"", "\"\"", "\"xa-1\"", "w/\"a-1\"",
                           "x \"a-1\"", "W/", "**"}) {
    EXPECT_FALSE(weakly(list)) << list;
    EXPECT_FALSE(strongly(list)) << list;
  }
}

TEST(EntityTags, AWeakTagMatchesOnlyWeakly) {
  EXPECT_TRUE(weakly("W/\"a-1\""));
  EXPECT_FALSE(strongly("W/\"a-1\""));
  EXPECT_TRUE(strongly("W/\"a-1\", \"a-1\""));
}

TEST(EntityTags, ItsLinesAreOneList) {
  EntityTags tags;
  EXPECT_FALSE(tags.given());
  EXPECT_FALSE(tags.match_weakly(kTag));
  for (size_t line = 1; line < EntityTags::kLinesMax; ++line) EXPECT_TRUE(tags.add_line("\"x\""));
  EXPECT_TRUE(tags.given());
  EXPECT_FALSE(tags.match_weakly(kTag));
  EXPECT_TRUE(tags.add_line(kTag));
  EXPECT_TRUE(tags.match_weakly(kTag));
  EXPECT_FALSE(tags.add_line("\"x\""));
}

}  // namespace
}  // namespace fanlight
