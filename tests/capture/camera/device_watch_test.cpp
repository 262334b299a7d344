// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/device_watch.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <system_error>

#include "tests/capture/v4l2/fake_system.h"

namespace fanlight {
namespace {

// inotify's events are available when the call that caused them returns, so no test has to wait.
class DeviceWatchTest : public testing::Test {
 protected:
  static bool is_readable(const DeviceWatch& watch) {
    pollfd wait{watch.fd(), POLLIN, 0};
    return ::poll(&wait, 1, 0) == 1;
  }

  FakeSystem system_;
};

TEST_F(DeviceWatchTest, ReportsAddedAndRemovedDevices) {
  DeviceWatch watch(system_.dev(""));
  EXPECT_FALSE(is_readable(watch));
  EXPECT_FALSE(watch.drain());
  for (const char* name : {"video0", "media3"}) {
    system_.write(std::string("dev/") + name, "");
    EXPECT_TRUE(is_readable(watch));
    EXPECT_TRUE(watch.drain()) << name;
    EXPECT_FALSE(is_readable(watch));
    EXPECT_FALSE(watch.drain());
    system_.remove(std::string("dev/") + name);
    EXPECT_TRUE(watch.drain()) << name;
  }
}

TEST_F(DeviceWatchTest, ReportsChangedPermissions) {
  system_.write("dev/video0", "");
  DeviceWatch watch(system_.dev(""));
  ASSERT_EQ(::chmod(system_.dev("video0").c_str(), 0600), 0);
  EXPECT_TRUE(watch.drain());
}

TEST_F(DeviceWatchTest, IgnoresOtherDevices) {
  DeviceWatch watch(system_.dev(""));
  for (const char* name : {"dev/ttyUSB0", "dev/sda", "dev/input/event3"}) system_.write(name, "");
  EXPECT_TRUE(is_readable(watch));
  EXPECT_FALSE(watch.drain());
  EXPECT_FALSE(is_readable(watch));
}

TEST_F(DeviceWatchTest, ReportsNewLinks) {
  system_.write("dev/v4l/by-path/here", "");
  DeviceWatch watch(system_.dev(""));
  system_.link("dev/v4l/by-path/.new", "../../video0");
  EXPECT_TRUE(watch.drain());
  std::filesystem::rename(system_.dev("v4l/by-path/.new"), system_.dev("v4l/by-path/usb-cam"));
  EXPECT_TRUE(watch.drain());
  system_.remove("dev/v4l/by-path/usb-cam");
  EXPECT_TRUE(watch.drain());
}

// udev removes a directory together with the last link in it, and creates it with the first.
TEST_F(DeviceWatchTest, FollowsDirectoriesAsTheyComeAndGo) {
  DeviceWatch watch(system_.dev(""));
  for (int round = 0; round < 3; round++) {
    system_.write("dev/v4l/by-id/first", "");
    EXPECT_TRUE(watch.drain()) << round;
    system_.write("dev/v4l/by-id/second", "");
    EXPECT_TRUE(watch.drain()) << round;
    system_.write("dev/v4l/by-path/first", "");
    EXPECT_TRUE(watch.drain()) << round;
    system_.write("dev/v4l/by-path/second", "");
    EXPECT_TRUE(watch.drain()) << round;
    system_.remove("dev/v4l");
    EXPECT_TRUE(watch.drain()) << round;
  }
}

TEST_F(DeviceWatchTest, CombinesManyEvents) {
  DeviceWatch watch(system_.dev(""));
  for (int i = 0; i < 1000; i++) system_.write("dev/tty" + std::to_string(i), "");
  system_.write("dev/video0", "");
  EXPECT_TRUE(watch.drain());
  EXPECT_FALSE(is_readable(watch));
}

// The kernel discards events in excess of fs.inotify.max_queued_events, 16384 by default.
TEST_F(DeviceWatchTest, LostEventsCountAsRelevant) {
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  int events_max = 0;
  ASSERT_TRUE(limit >> events_max);
  system_.write("dev/tty0", "");
  system_.write("dev/tty1", "");
  DeviceWatch watch(system_.dev(""));
  // Alternate between two files, because the kernel merges identical consecutive events.
  for (int i = 0; i <= events_max; i++) {
    ASSERT_EQ(::chmod(system_.dev(i % 2 == 0 ? "tty0" : "tty1").c_str(), 0600), 0);
  }
  EXPECT_TRUE(watch.drain());
  EXPECT_FALSE(is_readable(watch));
  system_.write("dev/video0", "");
  EXPECT_TRUE(watch.drain());
}

TEST_F(DeviceWatchTest, ThrowsWithoutTheDirectory) {
  try {
    const DeviceWatch watch(system_.dev("missing"));
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOENT);
  }
}

TEST_F(DeviceWatchTest, WatchesTheRealDev) {
  DeviceWatch watch;
  EXPECT_GE(watch.fd(), 0);
  watch.drain();
}

}  // namespace
}  // namespace fanlight
