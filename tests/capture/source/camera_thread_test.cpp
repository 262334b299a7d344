// SPDX-License-Identifier: Apache-2.0
#include "capture/source/camera_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <string>

namespace fanlight {
namespace {

TEST(CameraThread, EndsWhenItIsStopped) {
  SystemCameraClock clock;
  std::string name;
  std::atomic<bool> has_ended = false;
  CameraThread thread(clock);
  EXPECT_TRUE(thread.stop_within(0s)) << "it was not started";
  thread.start("test", [&] {
    std::array<char, 16> text{};
    ::pthread_getname_np(::pthread_self(), text.data(), text.size());
    name = text.data();
    clock.wait_until(kNever);
    has_ended = true;
  });
  EXPECT_FALSE(has_ended);
  EXPECT_TRUE(thread.stop_within(60s));
  EXPECT_TRUE(has_ended);
  EXPECT_EQ(name, "test");
  thread.stop();  // once more has no effect
}

TEST(CameraThread, IsStoppedByItsDestructor) {
  SystemCameraClock clock;
  bool has_ended = false;
  {
    CameraThread thread(clock);
    thread.start("test", [&] {
      clock.wait_until(kNever);
      has_ended = true;
    });
  }
  EXPECT_TRUE(has_ended);
}

TEST(CameraThread, IsLeftBehindByWhoCannotWaitForIt) {
  SystemCameraClock clock;
  Waker driver;
  CameraThread thread(clock);
  thread.start("test", [&] {
    pollfd returns{driver.fd(), POLLIN, 0};
    ::poll(&returns, 1, -1);  // whatever is requested
  });
  EXPECT_FALSE(thread.stop_within(1ms));
  driver.wake();
  EXPECT_TRUE(thread.stop_within(60s));
}

}  // namespace
}  // namespace fanlight
