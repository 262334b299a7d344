// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/replace_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "tests/tools/commands/test_folder.h"

namespace fanlight {
namespace {

class ReplaceFile : public TestFolder {
 protected:
  unsigned mode(const std::string& name) {
    struct stat found {};
    EXPECT_EQ(::stat(path(name).c_str(), &found), 0);
    return found.st_mode & 07777;
  }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
};

TEST_F(ReplaceFile, ANewFileIsItsOwnersOnly) {
  replace_file(path("users"), "text\n");
  EXPECT_EQ(read("users"), "text\n");
  EXPECT_EQ(mode("users"), 0600u);
  EXPECT_EQ(files(), 1u) << "no draft is left";
}

TEST_F(ReplaceFile, AnOldOneKeepsItsGroupsRights) {
  write("users", "old");
  ::chmod(path("users").c_str(), 0646);
  replace_file(path("users"), "new");
  EXPECT_EQ(read("users"), "new");
  EXPECT_EQ(mode("users"), 0640u);
}

// As root, who may give files away, the owner stays.
TEST_F(ReplaceFile, KeepsTheOwner) {
  write("users", "old");
  if (::chown(path("users").c_str(), 4711, 4712) != 0) GTEST_SKIP() << "needs root";
  replace_file(path("users"), "new");
  struct stat found {};
  ASSERT_EQ(::stat(path("users").c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, 4711u);
  EXPECT_EQ(found.st_gid, 4712u);
}

TEST_F(ReplaceFile, IsAnotherFileUntilItIsWhole) {
  write("users", "old");
  std::ifstream reader(path("users"));
  replace_file(path("users"), "new");
  std::string text;
  reader >> text;
  EXPECT_EQ(text, "old") << "who has opened it reads the old text";
}

TEST_F(ReplaceFile, FollowsALink) {
  write("real", "old");
  std::filesystem::create_symlink("real", path("users"));
  replace_file(path("users"), "new");
  EXPECT_EQ(read("real"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path("users")));
}

TEST_F(ReplaceFile, NoFolder) {
  EXPECT_THROW(replace_file(path("none/users"), "text"), std::system_error);
}

}  // namespace
}  // namespace fanlight
