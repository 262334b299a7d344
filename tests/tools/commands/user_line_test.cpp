// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/user_line.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

TEST(UserLine, IsAddedAtTheEnd) {
  EXPECT_EQ(with_user("", "anna", "H", std::nullopt), "anna:H\n");
  EXPECT_EQ(with_user("bob:B\n", "anna", "H", "watch"), "bob:B\nanna:H:watch\n");
  EXPECT_EQ(with_user("bob:B", "anna", "H", std::nullopt), "bob:B\nanna:H\n") << "no end of line";
}

TEST(UserLine, IsReplacedWhereItIs) {
  const std::string text = "# anna:x\nann:A\nanna:O:control@front\r\n\nbob:B\n";
  EXPECT_EQ(with_user(text, "anna", "H", std::nullopt),
            "# anna:x\nann:A\nanna:H:control@front\n\nbob:B\n")
      << "with its rights";
  EXPECT_EQ(with_user(text, "anna", "H", "none"), "# anna:x\nann:A\nanna:H:none\n\nbob:B\n");
  EXPECT_EQ(with_user("anna:O\n", "anna", "H", std::nullopt), "anna:H\n");
  EXPECT_EQ(with_user("anna:1\nanna:2\n", "anna", "H", std::nullopt), "anna:H\n") << "of two, one";
  EXPECT_EQ(with_user("anna\n", "anna", "H", std::nullopt), "anna\nanna:H\n") << "not a user's";
}

TEST(UserLine, Names) {
  for (const char* name : {"anna", "Anna Q.", "\xc3\xa4nne", "a#"}) {
    EXPECT_EQ(why_not_a_user(name), "") << name;
  }
  for (const std::string& name : {std::string(), std::string(129, 'a'), std::string("a:b"),
                                  std::string("#a"), std::string("a\nb"), std::string("a\x7f")}) {
    EXPECT_NE(why_not_a_user(name), "") << name;
  }
}

TEST(UserLine, RightsOnCamerasOfAnyName) {
  for (const char* rights : {"watch", "none", "watch,control@front", "watch@front+yard,state"}) {
    EXPECT_EQ(why_not_rights(rights), "") << rights;
  }
  for (const char* rights :
       {"", "see", "watch@", "watch@Front", "watch@a+", "watch:x", "watch@a\n"}) {
    EXPECT_NE(why_not_rights(rights), "") << rights;
  }
}

}  // namespace
}  // namespace fanlight
