// SPDX-License-Identifier: Apache-2.0
#include "http/auth/user_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/auth/password_hasher.h"
#include "tests/http/auth/hashes.h"

namespace fanlight {
namespace {

const std::vector<std::string> kCameras = {"front", "yard"};

TEST(UserTable, ReadsHtpasswdsFormat) {
  UserTable users;
  const std::string text = "# people\nzoe:" + kSha512 + "\r\n\nanna:" + kYescrypt +
                           ":watch,control@yard\nbob:" + kBcryptOfHtpasswd + ":none";
  EXPECT_FALSE(users.parse(text, kCameras));
  ASSERT_EQ(users.size(), 3u);
  EXPECT_EQ(users.find("carl"), nullptr);
  EXPECT_EQ(users.find(""), nullptr);
  ASSERT_NE(users.find("zoe"), nullptr);
  EXPECT_EQ(users.find("zoe")->hash, kSha512);
  EXPECT_EQ(users.find("zoe")->rights, Rights(kUsualRights)) << "no third field";
  EXPECT_TRUE(users.find("anna")->rights.may(Right::control, 1));
  EXPECT_FALSE(users.find("anna")->rights.may(Right::control, 0));
  EXPECT_FALSE(users.find("bob")->rights.has_any_at_all());
  EXPECT_EQ(users.stand_in(), kYescrypt) << "of the first one by name";
}

TEST(UserTable, ReportsTheLineOfAMistake) {
  const std::string good = "anna:" + kBcrypt + "\n";
  struct Case {
    std::string text;
    size_t line;
    std::string words;
  };
  const std::string kinds = "the hash is none of yescrypt";
  for (const Case& c : {
           Case{good + "bob\n", 2, "user:hash is expected"},
           Case{":" + kBcrypt, 1, "the user's name has 1 to 128 bytes"},
           Case{std::string(129, 'a') + ":" + kBcrypt, 1, "the user's name has 1 to 128 bytes"},
           Case{"a\x1b"
                "b:" +
                    kBcrypt,
                1, "there is a control character in the user's name"},
           Case{good + "#\n" + good, 3, "this user has a line above already"},
           Case{good + "bob:" + kBcrypt + ":see\n", 2, "rights are watch"},
           Case{good + "bob:" + kBcrypt + ":\n", 2, "rights are watch"},
           Case{good + "bob:" + kBcrypt + ":watch@cellar\n", 2, "there is no camera"},
           Case{good + "bob:secret\n", 2, kinds},
           Case{good + "bob:\n", 2, kinds},
           Case{good + "bob:$apr1$saltsalt$9xy1btjgzLYfb7hivXtC//\n", 2, kinds},
           Case{good + "bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", 2, kinds},
           Case{"bob:$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA", 1, kinds},
           Case{"bob:*", 1, "the hash is not complete"},
       }) {
    UserTable users;
    ASSERT_FALSE(users.parse("old:" + kBcrypt, kCameras));
    const auto mistake = users.parse(c.text, kCameras);
    ASSERT_TRUE(mistake) << c.text;
    EXPECT_EQ(mistake->line, c.line) << c.text;
    EXPECT_TRUE(mistake->words.starts_with(c.words)) << mistake->words;
    EXPECT_NE(users.find("old"), nullptr) << "a file with a mistake replaces nothing";
  }
}

TEST(UserTable, IsBounded) {
  UserTable users;
  std::string text;
  for (size_t i = 0; i < UserTable::kUsersMax; ++i) {
    text += "u" + std::to_string(i) + ":" + kBcrypt + "\n";
  }
  EXPECT_FALSE(users.parse(text, {}));
  EXPECT_EQ(users.size(), UserTable::kUsersMax);
  const auto mistake = users.parse(text + "one-more:" + kBcrypt, {});
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->line, UserTable::kUsersMax + 1);
  EXPECT_EQ(mistake->words, "more than 10000 users");
  EXPECT_TRUE(users.parse(std::string(UserTable::kFileBytesMax + 1, '\n'), {}));
}

TEST(UserTable, HashesOfBoundedCost) {
  for (const std::string& hash : {kBcrypt, kBcryptOfHtpasswd, kSha512, kYescrypt}) {
    EXPECT_EQ(why_not_a_hash(hash), "") << hash;
    for (size_t size = 0; size < hash.size(); ++size) {
      EXPECT_NE(why_not_a_hash(hash.substr(0, size)), "") << hash.substr(0, size);
    }
    EXPECT_NE(why_not_a_hash(hash + "a"), "") << hash;
    EXPECT_NE(why_not_a_hash(hash + "*"), "") << hash;
  }
  const auto with = [](std::string hash, size_t at, std::string_view text) {
    return std::string(why_not_a_hash(hash.replace(at, text.size(), text)));
  };
  const std::string costly = "the hash costs more than";
  EXPECT_EQ(with(kBcrypt, 4, "14"), "");
  EXPECT_TRUE(with(kBcrypt, 4, "15").starts_with(costly));
  EXPECT_TRUE(with(kBcrypt, 4, "31").starts_with(costly));
  EXPECT_EQ(with(kYescrypt, 4, "BT"), "");
  EXPECT_TRUE(with(kYescrypt, 4, "CT").starts_with(costly));
  EXPECT_TRUE(with(kYescrypt, 5, "z").starts_with(costly)) << "more than 32 in parallel";
  std::string rounds = kSha512;
  EXPECT_EQ(why_not_a_hash(rounds.replace(10, 4, "1000000")), "");
  rounds = kSha512;
  EXPECT_TRUE(why_not_a_hash(rounds.replace(10, 4, "1000001")).starts_with(costly));
}

// Such a user could not log in: every attempt would fail as if libcrypt had no memory.
TEST(UserTable, HashesThatLibcryptRefuses) {
  PasswordHasher hasher;
  const std::string digits = "./01aCDEz";
  const std::string hash = kYescrypt.substr(kYescrypt.rfind('$'));
  for (size_t size = 1; size <= 90; ++size) {
    for (const char last : digits) {
      const std::string text = "$y$j75$" + std::string(size - 1, 's') + last + hash;
      EXPECT_EQ(why_not_a_hash(text).empty(), hasher.verify("secret", text).has_value()) << text;
    }
  }
  for (const std::string_view rounds : {"1000", "1001", "01000", "001000"}) {
    const std::string text = std::string(kSha512).replace(10, 4, rounds);
    EXPECT_EQ(why_not_a_hash(text).empty(), hasher.verify("secret", text).has_value()) << text;
  }
}

}  // namespace
}  // namespace fanlight
