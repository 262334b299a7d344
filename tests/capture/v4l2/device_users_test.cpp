// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/device_users.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/capture/v4l2/fake_system.h"

namespace fanlight {
namespace {

TEST(DeviceUsers, AreNamed) {
  FakeSystem system;
  const std::string path = system.add_usb_node("video0", "1-2", "9E2F");
  EXPECT_EQ(describe_device_users(path, system.roots()), "");
  system.add_open_file(812, "motion", 5, path);
  system.add_open_file(812, "motion", 6, path);
  system.add_open_file(94, "other", 5, system.dev("video1"));
  system.write("proc/self/comm", "not a process\n");
  EXPECT_EQ(describe_device_users(path, system.roots()), "motion (pid 812)");
  system.add_open_file(913, "cheese", 11, path);
  EXPECT_EQ(describe_device_users(path, system.roots()), "motion (pid 812), cheese (pid 913)");
}

TEST(DeviceUsers, ThisProcessIsNamedIfItOpenedTheDeviceTwice) {
  FakeSystem system;
  const std::string path = system.add_usb_node("video0", "1-2", "9E2F");
  system.add_open_file(::getpid(), "fanlight", 5, path);
  EXPECT_EQ(describe_device_users(path, system.roots()), "");
  system.add_open_file(::getpid(), "fanlight", 6, path);
  EXPECT_EQ(describe_device_users(path, system.roots()),
            "fanlight (pid " + std::to_string(::getpid()) + ")");
}

TEST(DeviceUsers, RealProcListsThisProcess) {
  FakeSystem system;
  const std::string path = system.add_usb_node("video0", "1-2", "9E2F");
  const int first = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int second = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  SystemRoots roots = system.roots();
  roots.proc = "/proc";
  const std::string users = describe_device_users(path, roots);
  EXPECT_NE(users.find("(pid " + std::to_string(::getpid()) + ")"), users.npos) << users;
  ::close(first);
  ::close(second);
}

}  // namespace
}  // namespace fanlight
