// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/sandbox/confined_child.h"

namespace fanlight {
namespace {

std::string listed(const SandboxFiles& files) {
  constexpr const char* kNames[] = {"list", "read", "append", "keep", "devices", "remove"};
  std::string text;
  for (const SandboxFile& file : files.files()) {
    text += std::string(kNames[static_cast<int>(file.use)]) + " " + file.path + "\n";
  }
  return text;
}

class SandboxFilesTest : public ::testing::Test {
 protected:
  Folder folder_;
  SandboxFiles files_;
};

TEST_F(SandboxFilesTest, NothingCanBeReadAtFirst) {
  EXPECT_FALSE(files_.can_read("/"));
  EXPECT_FALSE(files_.can_read("/etc/passwd"));
  EXPECT_FALSE(files_.may_connect());
}

TEST_F(SandboxFilesTest, AFolderCoversWhatIsBelowIt) {
  files_.read(folder_.folder("a"));
  folder_.folder("ab");
  EXPECT_TRUE(files_.can_read(folder_.path("a")));
  EXPECT_TRUE(files_.can_read(folder_.path("a/b/c.jpg")));
  EXPECT_FALSE(files_.can_read(folder_.path("ab/c.jpg")));
  EXPECT_FALSE(files_.can_read(folder_.path("a/../ab/c.jpg")));
  EXPECT_FALSE(files_.can_read(folder_.path()));
}

TEST_F(SandboxFilesTest, SymbolicLinksAreFollowed) {
  const std::string target = folder_.folder("target");
  std::filesystem::create_symlink(target, folder_.path("link"));
  files_.read(folder_.path("link"));
  EXPECT_EQ(listed(files_), "read " + target + "\n");
  EXPECT_TRUE(files_.can_read(folder_.path("link/x")));
  EXPECT_TRUE(files_.can_read(target + "/x"));
}

TEST_F(SandboxFilesTest, FilesThatAreMissingOrListedAreLeftOut) {
  files_.read(folder_.path("missing"));
  EXPECT_EQ(listed(files_), "");
  files_.read(folder_.path());
  files_.read(folder_.path() + "/");
  EXPECT_EQ(listed(files_), "read " + folder_.path() + "\n");
}

// The file that has its name after a rename is another one.
TEST_F(SandboxFilesTest, AFileThatIsReadAgainOpensItsFolder) {
  files_.read_again(folder_.file("fanlight.toml"));
  EXPECT_TRUE(files_.can_read(folder_.path("fanlight.toml")));
  EXPECT_TRUE(files_.can_read(folder_.path("another")));
  EXPECT_TRUE(files_.notes().empty());
}

// As certbot(1) has them: live/NAME/cert.pem is a link to ../../archive/NAME/cert1.pem.
TEST_F(SandboxFilesTest, ALinkThatIsReadAgainOpensBothFolders) {
  folder_.folder("archive");
  folder_.folder("live");
  folder_.file("archive/1.pem");
  std::filesystem::create_symlink("../archive/1.pem", folder_.path("live/cert.pem"));
  files_.read_again(folder_.path("live/cert.pem"));
  EXPECT_TRUE(files_.can_read(folder_.path("archive/2.pem")));
  EXPECT_TRUE(files_.can_read(folder_.path("live/new")));
  EXPECT_FALSE(files_.can_read(folder_.path("other")));
}

TEST_F(SandboxFilesTest, AFileInTheRootDoesNotOpenTheRoot) {
  files_.read_again("/fanlight-no-such-file.toml");
  EXPECT_EQ(listed(files_), "");
  EXPECT_FALSE(files_.can_read("/etc/passwd"));
}

TEST_F(SandboxFilesTest, AFolderThatIsMissingOpensTheNearestOneWithANote) {
  files_.read_when_there(folder_.path("a/b"));
  EXPECT_EQ(listed(files_), "read " + folder_.path() + "\n");
  ASSERT_EQ(files_.notes().size(), 1u);
  EXPECT_EQ(files_.notes()[0], folder_.path("a/b") +
                                   " does not exist yet, so the sandbox lets all of " +
                                   folder_.path() + " be read");
}

TEST_F(SandboxFilesTest, AFolderThatIsMissingInTheRootStaysOutside) {
  files_.read_when_there("/fanlight-no-such-folder/a");
  EXPECT_EQ(listed(files_), "");
  ASSERT_EQ(files_.notes().size(), 1u);
  EXPECT_EQ(files_.notes()[0],
            "/fanlight-no-such-folder/a does not exist, and will be outside of the sandbox");
}

TEST_F(SandboxFilesTest, ALogOpensItsFolderForWriting) {
  files_.append(folder_.path("access.log"));
  EXPECT_EQ(listed(files_), "append " + folder_.path() + "\n");
  EXPECT_FALSE(files_.can_read(folder_.path("access.log")));
}

TEST_F(SandboxFilesTest, ALogThatIsADeviceDoesNotOpenDev) {
  files_.append("/dev/null");
  EXPECT_EQ(listed(files_), "append /dev/null\n");
}

TEST_F(SandboxFilesTest, ADatabaseOpensItsFolderForItsJournals) {
  files_.keep(folder_.file("stock.db"));
  EXPECT_EQ(listed(files_), "keep " + folder_.path() + "\n");
  EXPECT_TRUE(files_.can_read(folder_.path("stock.db-wal")));
}

TEST_F(SandboxFilesTest, ASocketsFolderIsNotReadable) {
  files_.remove(folder_.path("http.sock"));
  EXPECT_EQ(listed(files_), "remove " + folder_.path() + "\n");
  EXPECT_FALSE(files_.can_read(folder_.path("http.sock")));
}

}  // namespace
}  // namespace fanlight
