// SPDX-License-Identifier: Apache-2.0
#include "capture/files_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "tests/capture/test_camera.h"

namespace fanlight {
namespace {

class FilesSourceTest : public testing::Test {
 protected:
  FilesSourceTest() {
    std::string name = testing::TempDir() + "fanlight-files-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~FilesSourceTest() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, std::span<const std::byte> content) {
    std::ofstream file(directory_ + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
  }
  // What the next `count` pictures are.
  std::vector<Bytes> take(FilesSource& source, int count) {
    std::vector<Bytes> taken;
    for (int i = 0; i < count; ++i) {
      const auto picture = source.next(kNever);
      EXPECT_TRUE(picture && picture->is_jpeg());
      taken.emplace_back(picture->jpeg.begin(), picture->jpeg.end());
    }
    return taken;
  }
  int error_of(const std::string& directory, size_t bytes_max = FilesSource::kBytesMax) {
    try {
      FilesSource source(directory, {}, clock_, bytes_max);
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find("files:" + directory), std::string::npos);
      return error.code().value();
    }
    return 0;
  }

  std::string directory_;
  FakeClock clock_;
  const Bytes a_ = make_jpeg(64, 48, 10, 1, 100);
  const Bytes b_ = make_jpeg(320, 240, 20, 2, 200);
  const Bytes c_ = make_jpeg(17, 19, 30, 3, 300);
};

TEST_F(FilesSourceTest, PlaysInNameOrderAgainAndAgainByteForByte) {
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
  EXPECT_EQ(clock_.now(), FakeClock::kStart + 600ms) << "10 a second unless told otherwise";
  EXPECT_EQ(source.format().width, 64) << "of the first";
  EXPECT_EQ(source.format().height, 48);
  EXPECT_EQ(source.format().jpeg_bytes_max, b_.size());
}

TEST_F(FilesSourceTest, NobodyMayRepairItsPictures) {
  write("1.jpg", a_);
  FilesSource source(directory_, {}, clock_);
  EXPECT_TRUE(source.next(kNever)->is_verbatim);
}

TEST_F(FilesSourceTest, EveryPictureHasItsOwnSize) {
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

TEST_F(FilesSourceTest, SkipsWhatIsNoWholeJpegWithOneLineEach) {
  write("1-empty.jpg", {});
  write("2-text.txt", bytes_of("hello"));
  write("3-truncated.jpg", std::span(b_).first(b_.size() - 1));
  write("4-one-byte", std::span(b_).first(1));
  Bytes damaged = b_;
  damaged[3] = std::byte{0xf0};  // a marker that decoders do not know
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
  EXPECT_EQ(lines_with(log, "9-dangling skipped: No such file"), 1u) << log;
  EXPECT_EQ(lines_with(log, "\n"), 6u) << log;
}

TEST_F(FilesSourceTest, SaysClearlyWhyItCannotPlay) {
  EXPECT_EQ(error_of(directory_ + "/missing"), ENOENT);
  write("file", a_);
  EXPECT_EQ(error_of(directory_ + "/file"), ENOTDIR);
  EXPECT_THROW(FilesSource("", {}, clock_), std::invalid_argument);
}

TEST_F(FilesSourceTest, ADirectoryWithoutAPictureIsAnError) {
  EXPECT_EQ(error_of(directory_), ENOENT);
  write("text", bytes_of("hello"));
  EXPECT_EQ(error_of(directory_), ENOENT);
}

TEST_F(FilesSourceTest, ItsMemoryIsBounded) {
  write("1", a_);
  write("2", Bytes(1 << 20));  // no JPEG, so it does not count
  write("3", b_);
  EXPECT_EQ(error_of(directory_, a_.size() + b_.size()), 0);
  EXPECT_EQ(error_of(directory_, a_.size() + b_.size() - 1), EFBIG);
}

TEST_F(FilesSourceTest, IsNotDisturbedByLaterChanges) {
  write("1", a_);
  FilesSource source(directory_, {}, clock_);
  std::filesystem::resize_file(directory_ + "/1", 3);
  std::filesystem::remove_all(directory_);
  EXPECT_EQ(take(source, 2), (std::vector<Bytes>{a_, a_}));
}

}  // namespace
}  // namespace fanlight
