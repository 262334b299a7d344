// SPDX-License-Identifier: Apache-2.0
#include "capture/source/latest_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "core/fd.h"
#include "tests/capture/camera/test_loop.h"
#include "tests/capture/jpeg/test_exif.h"
#include "tests/capture/source/test_camera.h"
#include "tests/capture/source/test_folder.h"

namespace fanlight {
namespace {

class LatestSourceTest : public testing::Test {
 protected:
  LatestSource open(const std::string& name = "", const SourceOptions& options = {}) {
    return LatestSource(name.empty() ? disk_.path() : disk_.file(name), options, clock_);
  }
  // The wall-clock time at `after` from the start.
  WallTime wall(Duration after) const {
    return start_ + std::chrono::floor<std::chrono::microseconds>(after);
  }
  // The next new picture within a quarter of a second; nothing if there is none.
  std::optional<Picture> new_picture(LatestSource& source) {
    const Instant deadline = clock_.now() + 250ms;
    auto picture = source.next(deadline);
    while (picture && picture->is_repeat) picture = source.next(deadline);
    return picture;
  }
  Bytes bytes_of_new(LatestSource& source) {
    const auto picture = new_picture(source);
    return picture ? Bytes(picture->jpeg.begin(), picture->jpeg.end()) : Bytes();
  }
  int error_of(const std::string& path) {
    try {
      const LatestSource source(path, {}, clock_);
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find("latest:" + path), std::string::npos);
      return error.code().value();
    }
    return 0;
  }

  TestFolder disk_;
  const Fd directory_fd_{::open(disk_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  FakeClock clock_;
  const WallTime start_ = clock_.wall_now();
  const Bytes a_ = make_jpeg(64, 48, 10, 1, 100);
  const Bytes b_ = make_jpeg(320, 240, 20, 2, 200);
  const Bytes c_ = make_jpeg(17, 19, 30, 3, 300);
};

TEST_F(LatestSourceTest, StartsWithTheMostRecentlyWrittenFile) {
  disk_.deliver("1", a_, wall(-3s));
  disk_.deliver("2", b_, wall(-1s));
  disk_.deliver("3", c_, wall(-2s));
  LatestSource source = open();
  EXPECT_EQ(source.format().width, 320);
  EXPECT_EQ(source.format().height, 240);
  EXPECT_EQ(source.format().jpeg_bytes_max, b_.size());
  const auto picture = source.next(kNever);
  EXPECT_EQ(Bytes(picture->jpeg.begin(), picture->jpeg.end()), b_);
  EXPECT_FALSE(picture->is_repeat);
  EXPECT_EQ(picture->captured_wall, wall(-1s)) << "an old picture keeps its old time";
  EXPECT_EQ(picture->captured_at, FakeClock::kStart - 1s);
  EXPECT_EQ(source.describe().device, "latest:" + disk_.path());
}

TEST_F(LatestSourceTest, ShowsEachNewFileImmediatelyAndOnce) {
  disk_.deliver("1", a_, wall(0s));
  LatestSource source = open();
  EXPECT_EQ(bytes_of_new(source), a_);
  EXPECT_EQ(bytes_of_new(source), Bytes()) << "nothing new";
  const Instant before = clock_.now();
  disk_.deliver("2", b_, wall(1s));
  EXPECT_EQ(bytes_of_new(source), b_);
  EXPECT_EQ(clock_.now(), before) << "by an event";
  EXPECT_EQ(bytes_of_new(source), Bytes());
}

TEST_F(LatestSourceTest, FollowsOneFileThatIsOverwritten) {
  disk_.deliver("live.jpg", a_, wall(0s));
  disk_.deliver("other.jpg", c_, wall(5s));
  LatestSource source = open("live.jpg");
  EXPECT_EQ(bytes_of_new(source), a_);
  disk_.write("live.jpg", b_);
  EXPECT_EQ(bytes_of_new(source), b_) << "in place";
  disk_.deliver("live.jpg", c_, wall(-5s));
  EXPECT_EQ(bytes_of_new(source), c_) << "whatever its time";
  disk_.deliver("other.jpg", b_, wall(9s));
  EXPECT_EQ(bytes_of_new(source), Bytes());
}

TEST_F(LatestSourceTest, RelativeNameIsInTheWorkingDirectory) {
  const std::filesystem::path before = std::filesystem::current_path();
  disk_.write("live.jpg", a_);
  std::filesystem::current_path(disk_.path());
  LatestSource source("live.jpg", {}, clock_);
  EXPECT_EQ(bytes_of_new(source), a_);
  std::filesystem::current_path(before);
}

TEST_F(LatestSourceTest, ShowsAFileOnlyOnceComplete) {
  disk_.deliver("1", a_, wall(0s));
  LatestSource source = open();
  EXPECT_EQ(bytes_of_new(source), a_);
  {
    std::ofstream half(disk_.file("2"), std::ios::binary);
    half.write(reinterpret_cast<const char*>(b_.data()), 100);
    half.flush();
    EXPECT_EQ(bytes_of_new(source), Bytes());
    half.write(reinterpret_cast<const char*>(b_.data()) + 100,
               static_cast<std::streamsize>(b_.size() - 100));
  }
  EXPECT_EQ(bytes_of_new(source), b_);
  disk_.write("2", std::span(c_).first(100));
  EXPECT_EQ(bytes_of_new(source), Bytes()) << "closed, but still truncated";
  disk_.write("2", c_);
  EXPECT_EQ(bytes_of_new(source), c_);
}

TEST_F(LatestSourceTest, DoesNotShowOldFilesAgain) {
  disk_.deliver("1", a_, wall(0s));
  disk_.deliver("2", b_, wall(1s));
  LatestSource source = open();
  EXPECT_EQ(bytes_of_new(source), b_);
  disk_.write("2", b_);
  disk_.set_time("2", wall(2s));
  EXPECT_EQ(bytes_of_new(source), Bytes()) << "touched";
  disk_.deliver("3", b_, wall(3s));
  EXPECT_EQ(bytes_of_new(source), Bytes()) << "a copy of it";
  disk_.deliver("0", c_, wall(-9s));
  EXPECT_EQ(bytes_of_new(source), Bytes()) << "an older one that arrived late";
  disk_.remove("3");
  disk_.remove("2");
  EXPECT_EQ(bytes_of_new(source), Bytes()) << "the previous one is not new";
  disk_.deliver("4", c_, wall(4s));
  EXPECT_EQ(bytes_of_new(source), c_);
}

// After a clock was set back, a file written before must not hide all later ones.
TEST_F(LatestSourceTest, FileFromTheFutureDoesNotStayNewestForever) {
  disk_.deliver("1", a_, wall(24h));
  LatestSource source = open();
  EXPECT_EQ(bytes_of_new(source), a_);
  disk_.deliver("2", b_, wall(1s));
  EXPECT_EQ(bytes_of_new(source), b_);
}

TEST_F(LatestSourceTest, RepeatsTheNewestFileEverySecondWhileItExists) {
  disk_.deliver("1", a_, wall(-1h));
  LatestSource source = open();
  EXPECT_FALSE(source.next(kNever)->is_repeat);
  for (int i = 1; i <= 3; ++i) {
    const auto again = source.next(kNever);
    EXPECT_TRUE(again->is_repeat);
    EXPECT_EQ(again->captured_wall, wall(-1h));
    EXPECT_EQ(clock_.now(), FakeClock::kStart + i * 1s);
  }
  disk_.remove("1");
  EXPECT_FALSE(source.next(clock_.now() + 10s)) << "then there is no picture";
}

TEST_F(LatestSourceTest, RateLimitSkipsIntermediateFiles) {
  disk_.deliver("1", a_, wall(0s));
  SourceOptions options;
  options.fps = 2;
  LatestSource source = open("", options);
  EXPECT_EQ(bytes_of_new(source), a_);
  disk_.deliver("2", b_, wall(1s));
  disk_.deliver("3", c_, wall(2s));
  const auto picture = source.next(kNever);
  EXPECT_EQ(Bytes(picture->jpeg.begin(), picture->jpeg.end()), c_)
      << "the newest of the skipped ones";
  EXPECT_EQ(clock_.now(), FakeClock::kStart + 500ms);
}

// The clock of the test starts at 2023-11-14 22:13:20 UTC.
TEST_F(LatestSourceTest, UsesTheExifTime) {
  const auto taken = [&](const std::string& time, Duration written) {
    const Bytes jpeg =
        with_exif(a_, make_tiff({{kExifTimeOriginal, time}, {kExifOffsetOriginal, "+00:00"}}));
    disk_.deliver("1", jpeg, wall(written));
    return capture_time(read_picture_file(directory_fd_.get(), "1", 1 << 20));
  };
  EXPECT_EQ(taken("2023:11:14 22:13:10", 0s), wall(-10s)) << "uploaded later";
  EXPECT_EQ(taken("2023:11:14 22:13:21", 0s), wall(1s)) << "rounded up";
  EXPECT_EQ(taken("2023:11:14 23:13:20", 0s), wall(0s))
      << "a capture time is never after the write";
  EXPECT_EQ(taken("nonsense", 5s), wall(5s));
}

TEST_F(LatestSourceTest, StatesWhyThereIsNoPicture) {
  EXPECT_EQ(error_of(disk_.path()), ENOENT) << "empty";
  EXPECT_EQ(error_of(disk_.file("missing")), ENOENT);
  EXPECT_EQ(error_of(disk_.file("missing/live.jpg")), ENOENT);
  disk_.write("notes\x1b.txt", "hello");
  EXPECT_EQ(error_of(disk_.path()), ENOENT);
  EXPECT_EQ(error_of(disk_.file("notes\x1b.txt")), ENOENT);
  EXPECT_EQ(error_of(disk_.file("notes\x1b.txt/live.jpg")), ENOTDIR);
  EXPECT_THROW(LatestSource("", {}, clock_), std::invalid_argument);
}

TEST_F(LatestSourceTest, EndsWhenItsFolderIsRemoved) {
  disk_.write("1", a_);
  LatestSource source = open();
  source.next(kNever);
  std::filesystem::remove_all(disk_.path());
  EXPECT_THROW(source.next(kNever), std::system_error);
}

// A link to a file in another folder, or a network file system: no event is raised.
TEST_F(LatestSourceTest, FindsUnreportedChangesWithinASecond) {
  TestFolder elsewhere;
  elsewhere.deliver("target", a_, wall(0s));
  std::filesystem::create_symlink(elsewhere.file("target"), disk_.file("link"));
  LatestSource source = open("link");
  EXPECT_EQ(bytes_of_new(source), a_);
  elsewhere.deliver("target", b_, wall(1s));
  auto picture = source.next(kNever);
  while (picture && picture->is_repeat) picture = source.next(kNever);
  EXPECT_EQ(Bytes(picture->jpeg.begin(), picture->jpeg.end()), b_);
  EXPECT_LE(clock_.now(), FakeClock::kStart + 1s);
}

// ---- in a camera's loop ----

// A slate is shown until there is a file; its picture is shown with its own time, and kept while
// nothing changes.
TEST(LatestSourceInALoop, IsWaitedForAndItsPictureKept) {
  TestLoop loop;
  TestFolder disk;
  const Bytes jpeg = make_jpeg(320, 240, 128);
  const std::string folder = disk.file("later");
  loop.config.open = [&](const SourceOptions& options) {
    return std::make_unique<LatestSource>(folder, options, loop.clock);
  };
  loop.config.retry_max = 1s;
  const WallTime start = loop.clock.wall_now();
  loop.clock.at(10s, [&] {
    std::filesystem::create_directory(folder);
    disk.deliver("later/1.jpg", jpeg, start + 10s);
  });
  CaptureLoop capture(loop.config, std::system_error(ENOENT, std::system_category(), "latest:x"),
                      loop.ring, loop.clock);
  loop.clock.stop_at(60s);
  capture.run();
  loop.recorder.look();
  const auto slates = loop.recorder.slates();
  ASSERT_GE(slates.size(), 9u);
  EXPECT_EQ(slates.front().info.slate_reason.view(), "camera lost: not there");
  EXPECT_LE(slates.back().at, 12.0);
  const auto pictures = loop.recorder.pictures();
  ASSERT_EQ(pictures.size(), 1u) << "an old picture was sent as new";
  EXPECT_LE(pictures[0].at, 11.5);
}

}  // namespace
}  // namespace fanlight
