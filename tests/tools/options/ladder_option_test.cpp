// SPDX-License-Identifier: Apache-2.0
#include "tools/options/ladder_option.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace fanlight {
namespace {

std::string text_of(const std::vector<RungOption>& rungs) {
  return ladder_text({false, rungs});
}

std::string mistake(std::string_view text) {
  try {
    parse_ladder(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

TEST(LadderOption, ReadsAndWritesRungs) {
  for (const char* text : {"off", "auto", "1280x720@q80", "1280x720@q80,640x360@q60",
                           "1280x720,640x360", "640x360@q80,640x360@q40"}) {
    EXPECT_EQ(ladder_text(parse_ladder(text)), text);
  }
  EXPECT_TRUE(parse_ladder("off").is_off());
  EXPECT_FALSE(parse_ladder("auto").is_off());
}

TEST(LadderOption, RefusesEverythingElse) {
  for (const char* text : {"", "on", "1280", "1280x720@80", "1280x720@q0", "1280x720@q101",
                           "1280x720@q", "1280x720,", ",1280x720", "8x8", "auto,640x360"}) {
    EXPECT_NE(mistake(text).find("WxH@qN is expected"), std::string::npos) << text;
  }
  for (const char* text : {"640x360,1280x720", "640x360,640x360", "640x360@q60,640x360@q60",
                           "640x360@q60,640x360@q80", "640x360,320x480"}) {
    EXPECT_NE(mistake(text).find("must be smaller"), std::string::npos) << text;
  }
  EXPECT_NE(mistake("900x900,800x800,700x700,600x600,500x500,400x400").find("at most 5"),
            std::string::npos);
  EXPECT_EQ(mistake("900x900,800x800,700x700,600x600,500x500"), "");
}

TEST(LadderOption, AutomaticIsHalfAndAQuarter) {
  const LadderOption ladder = parse_ladder("auto");
  EXPECT_EQ(text_of(rungs_of(ladder, {1920, 1080}, 80)), "960x540@q70,480x270@q60");
  EXPECT_EQ(text_of(rungs_of(ladder, {1280, 720}, 65)), "640x360@q65,320x180@q60");
  EXPECT_EQ(text_of(rungs_of(ladder, {1278, 720}, 80)), "639x360@q70") << "narrower than 320";
  EXPECT_EQ(text_of(rungs_of(ladder, {639, 480}, 80)), "off");
}

TEST(LadderOption, NoRungIsLargerThanThePicture) {
  const LadderOption ladder = parse_ladder("1280x720,640x360@q60");
  EXPECT_EQ(text_of(rungs_of(ladder, {1920, 1080}, 75)), "1280x720@q75,640x360@q60");
  EXPECT_EQ(text_of(rungs_of(ladder, {1280, 720}, 80)), "1280x720@q80,640x360@q60");
  EXPECT_EQ(text_of(rungs_of(ladder, {1024, 768}, 80)), "1280x720@q80,640x360@q60")
      << "960x720 fits into it";
  for (const PictureSize picture : {PictureSize{640, 480}, PictureSize{1280, 719}}) {
    EXPECT_THROW(rungs_of(ladder, picture, 80), std::invalid_argument);
  }
  try {
    rungs_of(ladder, {640, 480}, 80);
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "'1280x720': larger than the pictures, which are 640x480");
  }
}

}  // namespace
}  // namespace fanlight
