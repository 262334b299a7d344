// SPDX-License-Identifier: Apache-2.0
#include "sandbox/change_user.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "tests/sandbox/confined_child.h"

namespace fanlight {
namespace {

std::string refusal(const std::string& user, const std::string& group = "") {
  try {
    find_user(user, group, {});
    return "accepted";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

bool contains(const std::vector<gid_t>& groups, gid_t group) {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

// Debian's base-passwd has these users and groups with these numbers.
TEST(ChangeUser, FindsAUserWithItsGroups) {
  const UserIds ids = find_user("daemon", "", {});
  EXPECT_EQ(ids.user, 1u);
  EXPECT_EQ(ids.group, 1u);
  EXPECT_TRUE(contains(ids.groups, 1));
}

TEST(ChangeUser, TakesAnotherGroup) {
  const UserIds ids = find_user("daemon", "games", {});
  EXPECT_EQ(ids.group, ::getgrnam("games")->gr_gid);
  EXPECT_TRUE(contains(ids.groups, ids.group));
  EXPECT_EQ(find_user("daemon", "77", {}).group, 77u);
}

TEST(ChangeUser, AddsGroupsThatExist) {
  const UserIds ids = find_user("daemon", "", {"video", "no-such-group", "video"});
  EXPECT_TRUE(contains(ids.groups, ::getgrnam("video")->gr_gid));
  EXPECT_EQ(ids.groups.size(), 2u);
}

TEST(ChangeUser, TakesNumbers) {
  EXPECT_EQ(find_user("1", "", {}).user, 1u);
}

TEST(ChangeUser, RefusesWhoDoesNotExistAndRoot) {
  EXPECT_EQ(refusal("no-such-user"), "there is no user 'no-such-user'");
  EXPECT_EQ(refusal("4000000000"), "there is no user '4000000000'");
  EXPECT_EQ(refusal("daemon", "no-such-group"), "there is no group 'no-such-group'");
  EXPECT_EQ(refusal("root"), "'root' is root; name a user without rights");
  EXPECT_EQ(refusal("0"), "'0' is root; name a user without rights");
}

class BecomeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  }
};

TEST_F(BecomeTest, TheProcessIsThatUserForGood) {
  EXPECT_EQ(in_child([] {
              become(find_user("daemon", "games", {"video"}));
              uid_t users[3];
              gid_t groups[3];
              if (::getresuid(&users[0], &users[1], &users[2]) != 0) return 1;
              if (::getresgid(&groups[0], &groups[1], &groups[2]) != 0) return 2;
              const gid_t games = ::getgrnam("games")->gr_gid;
              for (const uid_t user : users) {
                if (user != 1) return 3;
              }
              for (const gid_t group : groups) {
                if (group != games) return 4;
              }
              if (::getgroups(0, nullptr) != 2) return 5;  // games and video
              if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 6;
              return ::setuid(0) == 0 || ::seteuid(0) == 0 ? 7 : 0;
            }),
            0);
}

TEST_F(BecomeTest, OnlyRootCan) {
  EXPECT_EQ(in_child([] {
              const UserIds daemon = find_user("daemon", "", {});
              become(daemon);
              become(find_user("games", "", {}));
              return 0;
            }),
            kThrew);
}

}  // namespace
}  // namespace fanlight
