// SPDX-License-Identifier: Apache-2.0
#include "http/auth/rights.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fanlight {
namespace {

const std::vector<std::string> kCameras = {"front", "yard", "attic"};

Rights parsed(std::string_view text) {
  Rights rights;
  EXPECT_EQ(parse_rights(text, kCameras, rights), "") << text;
  return rights;
}

TEST(Rights, HoldForAllCamerasOrForSome) {
  const Rights rights = parsed("watch,control@yard,snapshot@front+attic");
  for (size_t camera = 0; camera < 3; ++camera) {
    EXPECT_TRUE(rights.may(Right::watch, camera));
    EXPECT_EQ(rights.may(Right::control, camera), camera == 1);
    EXPECT_EQ(rights.may(Right::snapshot, camera), camera != 1);
    EXPECT_FALSE(rights.may(Right::state, camera));
  }
  EXPECT_TRUE(rights.may_on_all(Right::watch));
  EXPECT_FALSE(rights.may_on_all(Right::snapshot)) << "on two of three";
  EXPECT_TRUE(rights.has_any_on_all(3));
}

TEST(Rights, OfACameraAddUp) {
  const Rights rights = parsed("watch@yard,control@yard,watch@yard");
  EXPECT_TRUE(rights.may(Right::watch, 1) && rights.may(Right::control, 1));
  EXPECT_TRUE(rights.has_any(1));
  EXPECT_FALSE(rights.has_any(0) || rights.has_any(2));
  EXPECT_FALSE(rights.has_any_on_all(3));
  EXPECT_TRUE(rights.has_any_at_all());
}

TEST(Rights, None) {
  EXPECT_FALSE(parsed("none").has_any_at_all());
  EXPECT_FALSE(Rights().has_any_at_all());
  for (const Right right : {Right::watch, Right::snapshot, Right::state, Right::control}) {
    EXPECT_TRUE(Rights(kEveryRight).may_on_all(right));
    EXPECT_EQ(Rights(kUsualRights).may(right, 7),
              right == Right::watch || right == Right::snapshot);
  }
}

TEST(Rights, MistakesAreNamed) {
  const std::string expected =
      "rights are watch, snapshot, state and control, separated by commas, or none";
  for (const char* text : {"", ",", "watch,", ",watch", "Watch", "watch snapshot", "all",
                           "watch,none", "none,watch", "watch:control"}) {
    Rights rights;
    EXPECT_EQ(parse_rights(text, kCameras, rights), expected) << text;
  }
  for (const char* text : {"watch@", "watch@front+", "watch@,control"}) {
    Rights rights;
    EXPECT_EQ(parse_rights(text, kCameras, rights), "the name of a camera is expected behind '@'")
        << text;
  }
  for (const char* text :
       {"watch@cellar", "watch@front+cellar", "watch@+front", "watch@front@yard", "watch@fron"}) {
    Rights rights;
    EXPECT_EQ(parse_rights(text, kCameras, rights), "there is no camera of the name behind '@'")
        << text;
  }
}

TEST(Rights, AreBounded) {
  std::vector<std::string> many;
  std::string text = "watch@";
  for (size_t i = 0; i <= Rights::kCamerasMax; ++i) {
    many.push_back("c" + std::to_string(i));
    text += (i == 0 ? "" : "+") + many.back();
  }
  Rights rights;
  EXPECT_EQ(parse_rights(text, many, rights),
            "rights on more than 32 cameras; leave out '@' for all");
  EXPECT_TRUE(rights.may(Right::watch, Rights::kCamerasMax - 1));
  EXPECT_FALSE(rights.may(Right::watch, Rights::kCamerasMax));
  EXPECT_FALSE(Rights().add(1, 65'536)) << "an index is kept in 16 bits";
}

}  // namespace
}  // namespace fanlight
