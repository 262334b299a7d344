// SPDX-License-Identifier: Apache-2.0
#include "tools/server/access_log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

constexpr Instant kNow{1h};

class AccessLogWriterTest : public testing::Test {
 protected:
  AccessLogWriterTest() {
    char name[] = "/tmp/access_log_XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ / "access.log";
  }
  ~AccessLogWriterTest() override { std::filesystem::remove_all(folder_); }

  static std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(AccessLogWriterTest, NoPathMeansNone) {
  EXPECT_EQ(open_access_log(""), nullptr);
}

TEST_F(AccessLogWriterTest, ContinuesAFileThatOthersMayNotRead) {
  for (const char* line : {"one", "two"}) {
    const auto writer = open_access_log(path_);
    writer->log()->add(kNow, line);
    EXPECT_TRUE(writer->stop());
  }
  EXPECT_EQ(text_of(path_), "one\ntwo\n");
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07, 0u);
}

TEST_F(AccessLogWriterTest, ReopensAFileThatWasRenamed) {
  const auto writer = open_access_log(path_);
  writer->log()->add(kNow, "before");
  EXPECT_TRUE(std::filesystem::exists(path_));
  std::filesystem::rename(path_, folder_ / "access.log.1");
  writer->reopen();
  EXPECT_TRUE(writer->stop());
  // The rename may have overtaken the line, which is then in the new file; no line is lost.
  EXPECT_EQ(text_of(folder_ / "access.log.1") + text_of(path_), "before\n");
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(AccessLogWriterTest, KeepsTheOldFileWhenItCannotBeReopened) {
  const auto writer = open_access_log(path_);
  std::filesystem::rename(path_, folder_ / "old");
  std::filesystem::create_directory(path_);
  testing::internal::CaptureStderr();
  writer->reopen();
  writer->log()->add(kNow, "line");
  EXPECT_TRUE(writer->stop());
  EXPECT_NE(testing::internal::GetCapturedStderr().find("the file that was open is used on"),
            std::string::npos);
  EXPECT_EQ(text_of(folder_ / "old"), "line\n");
}

TEST_F(AccessLogWriterTest, SaysHowManyLinesWereDropped) {
  const auto writer = open_access_log(path_);
  for (uint64_t i = 0; i < AccessLog::kLinesPerSecond; ++i) writer->log()->add(kNow, "");
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(writer->log()->add(kNow, "dropped"));
  EXPECT_TRUE(writer->stop());
  EXPECT_TRUE(text_of(path_).ends_with("\n{\"dropped\":3}\n"));
}

TEST_F(AccessLogWriterTest, SaysOnceThatTheDiskIsFull) {
  testing::internal::CaptureStderr();
  {
    AccessLogWriter writer("/dev/full");
    writer.log()->add(kNow, "one");
    writer.log()->add(kNow, "two");
    writer.log()->add(kNow + 1s, "three");
    EXPECT_TRUE(writer.stop());
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(log, "--access-log /dev/full: No space left on device; requests are missing in it\n");
}

TEST_F(AccessLogWriterTest, RefusesAFileThatCannotBeOpened) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  for (const std::filesystem::path& path :
       {folder_ / "none/access.log", folder_, folder_ / "pipe"}) {
    try {
      open_access_log(path);
      FAIL() << path;
    } catch (const StartError& error) {
      EXPECT_EQ(error.code(), ExitCode::system_error) << error.what();
      EXPECT_EQ(std::string(error.what()).find("--access-log " + path.string() + ": "), 0u);
    }
  }
}

// A pipe that no one reads: the thread hangs in its write, and the shutdown does not wait for it.
TEST_F(AccessLogWriterTest, StopsWithoutWaitingForAPipeThatNoOneReads) {
  const std::filesystem::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const Fd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK));
  AccessLogWriter writer(pipe);
  const std::string line(AccessLog::kLineBytesMax, 'x');
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(writer.log()->add(kNow, line));
  EXPECT_FALSE(writer.stop());
  char room[1 << 12];
  while (!writer.stop()) {  // so that the thread can end
    while (::read(reader.get(), room, sizeof room) > 0) {
    }
  }
}

}  // namespace
}  // namespace fanlight
