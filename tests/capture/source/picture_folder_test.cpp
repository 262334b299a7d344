// SPDX-License-Identifier: Apache-2.0
#include "capture/source/picture_folder.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "tests/capture/source/test_folder.h"

namespace fanlight {
namespace {

constexpr Instant kStart{1000s};

// inotify's events are available when the call that caused them returns, so no test has to wait.
class PictureFolderTest : public testing::Test {
 protected:
  static bool is_readable(const PictureFolder& folder) {
    pollfd wait{folder.fd(), POLLIN, 0};
    return ::poll(&wait, 1, 0) == 1;
  }
  // "a b -c": changed, changed, gone.
  std::string look(PictureFolder& folder, Instant now = kStart) {
    std::string text;
    for (const PictureFolder::Change& change : folder.look(now)) {
      text += (text.empty() ? "" : " ") + std::string(change.is_gone ? "-" : "") + change.name;
    }
    return text;
  }
  PictureFolder open(const std::string& only = "") {
    return PictureFolder(disk_.path(), only, "files:it");
  }

  TestFolder disk_;
};

TEST_F(PictureFolderTest, ReportsAllFilesFirstThenChanges) {
  disk_.write("b", "1");
  disk_.write("a", "1");
  PictureFolder folder = open();
  EXPECT_EQ(look(folder), "a b");
  EXPECT_FALSE(is_readable(folder));
  EXPECT_EQ(look(folder), "");
  disk_.write("c", "1");
  EXPECT_TRUE(is_readable(folder));
  EXPECT_EQ(look(folder), "c");
  disk_.write("a", "2");
  disk_.rename("b", "d");
  disk_.remove("c");
  EXPECT_EQ(look(folder), "a -b -c d");
  EXPECT_FALSE(folder.is_empty());
  disk_.remove("a");
  disk_.remove("d");
  EXPECT_EQ(look(folder), "-a -d");
  EXPECT_TRUE(folder.is_empty());
}

TEST_F(PictureFolderTest, RenamingOverAFileIsAChange) {
  disk_.write("a", "1");
  PictureFolder folder = open();
  look(folder);
  disk_.write(".a.tmp", "2");
  EXPECT_EQ(look(folder), "") << "ignored until renamed";
  disk_.rename(".a.tmp", "a");
  EXPECT_EQ(look(folder), "a");
}

TEST_F(PictureFolderTest, ReportsOnlyRegularFilesAndLinksToThem) {
  ASSERT_EQ(::mkdir((disk_.path() + "/directory").c_str(), 0700), 0);
  ASSERT_EQ(::mkfifo((disk_.path() + "/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("nowhere", (disk_.path() + "/dangling").c_str()), 0);
  disk_.write("a", "1");
  ASSERT_EQ(::symlink("a", (disk_.path() + "/link").c_str()), 0);
  PictureFolder folder = open();
  EXPECT_EQ(look(folder), "a link");
}

TEST_F(PictureFolderTest, FollowsOneFileOnly) {
  disk_.write("a", "1");
  disk_.write("b", "1");
  PictureFolder folder = open("b");
  EXPECT_EQ(look(folder), "b");
  disk_.write("a", "2");
  disk_.write("c", "2");
  EXPECT_EQ(look(folder), "");
  disk_.write("b", "2");
  EXPECT_EQ(look(folder), "b");
  disk_.remove("b");
  EXPECT_EQ(look(folder), "-b");
  EXPECT_TRUE(folder.is_empty());
}

// On a network file system, or after a symbolic link, no event is raised.
TEST_F(PictureFolderTest, FindsUnreportedChangesByScanning) {
  TestFolder elsewhere;
  elsewhere.write("target", "1");
  ASSERT_EQ(::symlink((elsewhere.path() + "/target").c_str(), (disk_.path() + "/link").c_str()), 0);
  PictureFolder folder = open();
  EXPECT_EQ(look(folder), "link");
  elsewhere.write("target", "longer");
  EXPECT_FALSE(is_readable(folder));
  EXPECT_EQ(look(folder, kStart + 999ms), "");
  EXPECT_EQ(folder.look_at(), kStart + 1s);
  EXPECT_EQ(look(folder, kStart + 1s), "link");
  EXPECT_EQ(look(folder, kStart + 2s), "");
  elsewhere.remove("target");
  EXPECT_EQ(look(folder, kStart + 3s), "-link");
}

TEST_F(PictureFolderTest, ThrowsIfTheFolderIsRemovedOrReplaced) {
  const auto error_of = [&](PictureFolder& folder, Instant now = kStart) {
    try {
      look(folder, now);
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find("files:it"), std::string::npos) << error.what();
      return error.code().value();
    }
    return 0;
  };
  PictureFolder folder = open();
  EXPECT_EQ(error_of(folder), 0);
  disk_.rename("", "-moved");
  EXPECT_EQ(error_of(folder), ENOENT);
  std::filesystem::create_directory(disk_.path());
  EXPECT_EQ(error_of(folder, kStart + 1s), ENOENT) << "another folder of the same name";
  std::filesystem::remove_all(disk_.path() + "-moved");
  EXPECT_THROW(PictureFolder(disk_.path() + "/missing", "", "x"), std::system_error);
}

}  // namespace
}  // namespace fanlight
