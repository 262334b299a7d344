// SPDX-License-Identifier: Apache-2.0
#include "capture/source/files_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "tests/capture/source/test_camera.h"
#include "tests/capture/source/test_folder.h"

namespace fanlight {
namespace {

class FilesSourceTest : public testing::Test {
 protected:
  void write(const std::string& name, std::span<const std::byte> content) {
    disk_.write(name, content);
  }
  // The next `count` pictures.
  std::vector<Bytes> take(FilesSource& source, int count) {
    std::vector<Bytes> taken;
    for (int i = 0; i < count; ++i) {
      const auto picture = source.next(kNever);
      EXPECT_TRUE(picture && picture->is_jpeg());
      taken.emplace_back(picture->jpeg.begin(), picture->jpeg.end());
    }
    return taken;
  }
  int error_of(const std::string& directory) {
    try {
      FilesSource source(directory, {}, clock_);
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find("files:" + directory), std::string::npos);
      return error.code().value();
    }
    return 0;
  }

  TestFolder disk_;
  const std::string directory_ = disk_.path();
  FakeClock clock_;
  const Bytes a_ = make_jpeg(64, 48, 10, 1, 100);
  const Bytes b_ = make_jpeg(320, 240, 20, 2, 200);
  const Bytes c_ = make_jpeg(17, 19, 30, 3, 300);
};

TEST_F(FilesSourceTest, PlaysInNameOrderRepeatedlyByteForByte) {
  const Bytes padded = [&] {
    Bytes bytes = a_;
    bytes.resize(bytes.size() + 10);
    return bytes;
  }();
  write("2.jpg", b_);
  write("10.jpg", padded);
  write("B", c_);
  FilesSource source(directory_, {}, clock_);
  EXPECT_EQ(take(source, 7), (std::vector<Bytes>{padded, b_, c_, padded, b_, c_, padded}));
  EXPECT_EQ(clock_.now(), FakeClock::kStart + 600ms) << "10 per second by default";
  EXPECT_EQ(source.format().width, 64) << "size of the first picture";
  EXPECT_EQ(source.format().height, 48);
  EXPECT_EQ(source.format().jpeg_bytes_max, std::max({padded.size(), b_.size(), c_.size()}));
}

TEST_F(FilesSourceTest, MarksItsPicturesVerbatim) {
  write("1.jpg", a_);
  FilesSource source(directory_, {}, clock_);
  EXPECT_TRUE(source.next(kNever)->is_verbatim);
}

TEST_F(FilesSourceTest, PicturesKeepTheirOwnSizes) {
  write("1.jpg", b_);
  write("2.jpg", c_);
  SourceOptions options;
  options.fps = 4;
  FilesSource source(directory_, options, clock_);
  auto picture = source.next(kNever);
  EXPECT_EQ(picture->width, 320);
  EXPECT_EQ(picture->height, 240);
  picture = source.next(kNever);
  EXPECT_EQ(picture->width, 17);
  EXPECT_EQ(picture->height, 19);
  EXPECT_EQ(clock_.now(), FakeClock::kStart + 250ms);
  EXPECT_EQ(picture->captured_wall, clock_.wall_now());
}

TEST_F(FilesSourceTest, SkipsInvalidFilesAndLogsEachOnce) {
  write("1-empty.jpg", {});
  write("2-text.txt", bytes_of("hello"));
  write("3-truncated.jpg", std::span(b_).first(b_.size() - 1));
  write("4-one-byte", std::span(b_).first(1));
  Bytes damaged = b_;
  damaged[3] = std::byte{0xf0};  // a marker unknown to decoders
  write("5-damaged.jpg", damaged);
  write("6-good.jpg", a_);
  write(".hidden.jpg", b_);
  ASSERT_EQ(::mkdir((directory_ + "/7-directory").c_str(), 0700), 0);
  ASSERT_EQ(::mkfifo((directory_ + "/8-fifo").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("nowhere", (directory_ + "/9-dangling").c_str()), 0);
  testing::internal::CaptureStderr();
  FilesSource source(directory_, {}, clock_);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(take(source, 2), (std::vector<Bytes>{a_, a_}));
  EXPECT_EQ(lines_with(log, "1-empty.jpg skipped: empty"), 1u) << log;
  EXPECT_EQ(lines_with(log, "2-text.txt skipped: not a JPEG"), 1u) << log;
  EXPECT_EQ(lines_with(log, "3-truncated.jpg skipped: cut off"), 1u) << log;
  EXPECT_EQ(lines_with(log, "4-one-byte skipped: not a JPEG"), 1u) << log;
  EXPECT_EQ(lines_with(log, "5-damaged.jpg skipped: damaged"), 1u) << log;
  EXPECT_EQ(lines_with(log, "\n"), 5u) << log;
}

TEST_F(FilesSourceTest, StatesWhyItCannotPlay) {
  EXPECT_EQ(error_of(directory_ + "/missing"), ENOENT);
  write("file", a_);
  EXPECT_EQ(error_of(directory_ + "/file"), ENOTDIR);
  EXPECT_THROW(FilesSource("", {}, clock_), std::invalid_argument);
}

TEST_F(FilesSourceTest, DirectoryWithoutPicturesIsAnError) {
  EXPECT_EQ(error_of(directory_), ENOENT);
  write("text", bytes_of("hello"));
  EXPECT_EQ(error_of(directory_), ENOENT);
}

// A file's name is untrusted text.
TEST_F(FilesSourceTest, ControlCharactersInNamesDoNotReachTheTerminal) {
  write("a\x1b]0;mine\x07\n.jpg", bytes_of("hello"));
  write("b.jpg", a_);
  testing::internal::CaptureStderr();
  FilesSource source(directory_, {}, clock_);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "files:" + directory_ + ": a\uFFFD]0;mine\uFFFD .jpg skipped: not a JPEG\n");
}

TEST_F(FilesSourceTest, ReadsFilesBeyondTheMemoryLimitFromDisk) {
  for (const size_t kept : {a_.size() + b_.size(), a_.size(), size_t{0}}) {
    write("1", a_);
    write("2", Bytes(1 << 20));  // not a JPEG, so it does not count
    write("3", b_);
    write("4", c_);
    FilesSource source(directory_, {}, clock_, kept);
    EXPECT_EQ(source.format().width, 64);
    EXPECT_EQ(take(source, 4), (std::vector<Bytes>{a_, b_, c_, a_})) << kept;
    write("3", std::span(b_).first(100));
    EXPECT_EQ(take(source, 1)[0], kept >= a_.size() + b_.size() ? b_ : c_)
        << "a file not in memory is skipped while being written";
    write("3", c_);
    write("4", b_);
    source.next(kNever);
    while (take(source, 1)[0] != a_) {
    }
    EXPECT_EQ(take(source, 2), (std::vector<Bytes>{c_, b_})) << kept;
  }
}

TEST_F(FilesSourceTest, PlaysAddedFilesInNameOrder) {
  write("2", a_);
  write("4", b_);
  FilesSource source(directory_, {}, clock_);
  EXPECT_EQ(take(source, 1)[0], a_);
  write("3", c_);
  write("5", std::span(a_).first(100));  // incomplete as yet
  EXPECT_EQ(take(source, 4), (std::vector<Bytes>{c_, b_, a_, c_}));
  write("5", a_);
  EXPECT_EQ(take(source, 3), (std::vector<Bytes>{b_, a_, a_}));
}

TEST_F(FilesSourceTest, PlaysReplacedFilesOnceComplete) {
  write("1", a_);
  FilesSource source(directory_, {}, clock_);
  write("1", b_);
  EXPECT_EQ(take(source, 1)[0], b_) << "overwritten";
  write(".tmp", c_);
  disk_.rename(".tmp", "1");
  EXPECT_EQ(take(source, 1)[0], c_) << "renamed";
  {
    std::ofstream half(disk_.file("1"), std::ios::binary);
    half.write(reinterpret_cast<const char*>(a_.data()), 100);
    half.flush();
    EXPECT_EQ(take(source, 1)[0], c_);
    half.write(reinterpret_cast<const char*>(a_.data()) + 100,
               static_cast<std::streamsize>(a_.size() - 100));
  }
  EXPECT_EQ(take(source, 1)[0], a_);
}

TEST_F(FilesSourceTest, StopsPlayingRemovedFiles) {
  write("1", a_);
  write("2", b_);
  write("3", c_);
  FilesSource source(directory_, {}, clock_);
  EXPECT_EQ(take(source, 1)[0], a_);
  disk_.remove("2");
  EXPECT_EQ(take(source, 2), (std::vector<Bytes>{c_, a_}));
  write("3", bytes_of("hello"));
  EXPECT_EQ(take(source, 2), (std::vector<Bytes>{a_, a_})) << "replaced by another kind of file";
  disk_.remove("1");
  EXPECT_THROW(source.next(kNever), std::system_error);
}

TEST_F(FilesSourceTest, EndsWhenItsDirectoryIsRemoved) {
  write("1", a_);
  FilesSource source(directory_, {}, clock_);
  std::filesystem::remove_all(directory_);
  EXPECT_THROW(take(source, 1), std::system_error);
}

// Network file systems raise no events; nor does a change to the target of a link.
TEST_F(FilesSourceTest, FindsUnreportedChangesWithinASecond) {
  TestFolder elsewhere;
  elsewhere.write("target", a_);
  std::filesystem::create_symlink(elsewhere.file("target"), disk_.file("link"));
  FilesSource source(directory_, {}, clock_);
  EXPECT_EQ(take(source, 1)[0], a_);
  elsewhere.write("target", b_);
  EXPECT_EQ(take(source, 10).back(), b_);
}

}  // namespace
}  // namespace fanlight
