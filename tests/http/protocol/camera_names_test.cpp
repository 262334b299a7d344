// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/camera_names.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(CameraNames, ThoseFromTheStartAreAlwaysShown) {
  const CameraNames names({"front", "yard"});
  EXPECT_EQ(names.size(), 2u);
  EXPECT_TRUE(names.is_shown(0) && names.is_shown(1));
  EXPECT_EQ(names.find("yard"), 1u);
  EXPECT_EQ(names.find("y"), std::nullopt);
  EXPECT_EQ(names.find(""), std::nullopt);
  EXPECT_EQ(names.named().size(), 2u);
}

TEST(CameraNames, OneWithoutANameIsNotThere) {
  CameraNames names({"front", "", ""});
  EXPECT_EQ(names.size(), 3u);
  EXPECT_EQ(names.named().size(), 1u);
  EXPECT_FALSE(names.is_shown(1));
  EXPECT_EQ(names.find(""), std::nullopt);
  EXPECT_EQ(names.next_shown(1), 3u);
  names.give("yard");
  EXPECT_EQ(names.find("yard"), std::nullopt) << "it is not shown yet";
  names.show(1, true);
  EXPECT_EQ(names.find("yard"), 1u);
  EXPECT_EQ(names[1], "yard");
  EXPECT_EQ(names.named().size(), 2u);
}

TEST(CameraNames, ACameraThatIsGoneIsNotFoundButKeepsItsName) {
  CameraNames names({"", ""});
  names.give("a");
  names.give("b");
  names.show(0, true);
  names.show(1, true);
  EXPECT_EQ(names.next_shown(0), 0u);
  names.show(0, false);
  EXPECT_EQ(names.find("a"), std::nullopt);
  EXPECT_EQ(names.next_shown(0), 1u);
  EXPECT_EQ(names[0], "a");
  names.show(0, true);
  EXPECT_EQ(names.find("a"), 0u);
}

}  // namespace
}  // namespace fanlight
