// SPDX-License-Identifier: Apache-2.0
#include "capture/source/picture_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/fd.h"
#include "tests/capture/source/test_folder.h"

namespace fanlight {
namespace {

class PictureFileTest : public testing::Test {
 protected:
  PictureFile read(const std::string& name, size_t bytes_max = 1 << 20) {
    return read_picture_file(directory_.get(), name, bytes_max);
  }

  TestFolder disk_;
  const Fd directory_{::open(disk_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  const Bytes jpeg_ = make_jpeg(64, 48, 10, 1, 100);
};

TEST_F(PictureFileTest, ReadsACompleteFile) {
  Bytes padded = jpeg_;
  padded.resize(padded.size() + 10);
  disk_.write("a", padded);
  disk_.set_time("a", WallTime(1'700'000'000'123'456us));
  const PictureFile file = read("a");
  EXPECT_EQ(file.problem, "");
  EXPECT_EQ(file.jpeg, padded) << "all bytes of the file";
  EXPECT_EQ(file.width, 64);
  EXPECT_EQ(file.height, 48);
  EXPECT_EQ(file.version.size, padded.size());
  EXPECT_EQ(file.version.modified(), WallTime(1'700'000'000'123'456us));
  EXPECT_EQ(read("a").version, file.version);
  disk_.write("b", padded);
  EXPECT_NE(read("b").version, file.version);
}

TEST_F(PictureFileTest, DistinguishesInvalidFromIncompleteFiles) {
  struct Case {
    std::string name;
    Bytes content;
    std::string problem;
    bool is_other;
  };
  const auto text = bytes_of("hello");
  for (const Case& c :
       {Case{"empty", {}, "empty", false}, Case{"one-byte", {jpeg_[0]}, "not a JPEG", true},
        Case{"text", Bytes(text.begin(), text.end()), "not a JPEG", true},
        Case{"begun", Bytes(jpeg_.begin(), jpeg_.end() - 1), "cut off", false},
        Case{"large", Bytes(jpeg_), "larger than 100 bytes", true}}) {
    disk_.write(c.name, c.content);
    const PictureFile file = read(c.name, c.name == "large" ? 100 : 1 << 20);
    EXPECT_EQ(file.problem, c.problem) << c.name;
    EXPECT_EQ(file.is_other, c.is_other) << c.name;
  }
  EXPECT_EQ(read("missing").problem, "No such file or directory");
  EXPECT_EQ(read(".").problem, "not a file");
}

TEST_F(PictureFileTest, ClampsInvalidModificationTimes) {
  struct stat status {};
  status.st_mtim.tv_sec = std::numeric_limits<time_t>::max();
  EXPECT_EQ(FileVersion::of(status).modified(), WallTime(4'102'444'800s));
  status.st_mtim.tv_sec = std::numeric_limits<time_t>::min();
  EXPECT_EQ(FileVersion::of(status).modified(), WallTime(0s));
}

TEST_F(PictureFileTest, PeekDoesNotReadTheContent) {
  disk_.write("begun", std::span(jpeg_).first(100));
  disk_.write("text", "hello");
  const PictureFile begun = peek_picture_file(directory_.get(), "begun", 1 << 20);
  EXPECT_TRUE(begun.ok()) << begun.problem;
  EXPECT_TRUE(begun.jpeg.empty());
  EXPECT_EQ(begun.version.size, 100u);
  EXPECT_EQ(peek_picture_file(directory_.get(), "text", 1 << 20).problem, "not a JPEG");
}

}  // namespace
}  // namespace fanlight
