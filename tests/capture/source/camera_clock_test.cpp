// SPDX-License-Identifier: Apache-2.0
#include "capture/source/camera_clock.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

namespace fanlight {
namespace {

TEST(CameraClock, WaitsUntilTheDeadline) {
  SystemCameraClock clock;
  const Instant deadline = clock.now() + 5ms;
  EXPECT_EQ(clock.wait_until(deadline), Wake::deadline);
  EXPECT_GE(clock.now(), deadline);
}

TEST(CameraClock, DoesNotWaitForAPastDeadline) {
  SystemCameraClock clock;
  EXPECT_EQ(clock.wait_until(Instant{}), Wake::deadline);
  EXPECT_EQ(clock.wait_until(clock.now() - 1h), Wake::deadline);
}

TEST(CameraClock, ReadyDescriptorEndsTheWait) {
  SystemCameraClock clock;
  Waker waker;
  EXPECT_EQ(clock.wait(waker.fd(), POLLIN, Instant{}), Wake::deadline);
  waker.wake();
  EXPECT_EQ(clock.wait(waker.fd(), POLLIN, kNever), Wake::ready);
  EXPECT_EQ(clock.wait(waker.fd(), POLLIN, Instant{}), Wake::ready)
      << "a past deadline still polls once";
}

TEST(CameraClock, StopEndsThisAndEveryLaterWait) {
  SystemCameraClock clock;
  EXPECT_FALSE(clock.stop_requested());
  std::thread main([&] { clock.request_stop(); });
  EXPECT_EQ(clock.wait_until(kNever), Wake::stop);
  main.join();
  EXPECT_TRUE(clock.stop_requested());
  EXPECT_EQ(clock.wait_until(kNever), Wake::stop);
}

TEST(CameraClock, InterruptionEndsOneWait) {
  SystemCameraClock clock;
  std::thread other([&] { clock.interrupts().wake(); });
  EXPECT_EQ(clock.wait_until(kNever), Wake::interrupted);
  other.join();
  EXPECT_EQ(clock.wait_until(Instant{}), Wake::deadline);
}

TEST(CameraClock, ReadyDescriptorPrecedesAPendingInterruption) {
  SystemCameraClock clock;
  Waker waker;
  waker.wake();
  clock.interrupts().wake();
  EXPECT_EQ(clock.wait(waker.fd(), POLLIN, kNever), Wake::ready);
  waker.drain();
  EXPECT_EQ(clock.wait(waker.fd(), POLLIN, kNever), Wake::interrupted);
}

TEST(CameraClock, ReportsWhichDescriptorIsReady) {
  SystemCameraClock clock;
  Waker first, second;
  second.wake();
  pollfd waits[] = {{first.fd(), POLLIN, 0}, {second.fd(), POLLIN, 0}, {-1, POLLIN, 0}};
  EXPECT_EQ(clock.wait(waits, kNever), Wake::ready);
  EXPECT_EQ(waits[0].revents, 0);
  EXPECT_EQ(waits[1].revents, POLLIN);
  EXPECT_EQ(waits[2].revents, 0);
}

TEST(CameraClock, StopPrecedesAReadyDescriptorAndTheDeadline) {
  SystemCameraClock clock;
  Waker waker;
  waker.wake();
  clock.request_stop();
  EXPECT_EQ(clock.wait(waker.fd(), POLLIN, Instant{}), Wake::stop);
}

TEST(CameraClock, WallClockIsUnixTime) {
  SystemCameraClock clock;
  const WallTime before = read_wall_clock();
  const WallTime asked = clock.wall_now();
  EXPECT_LE(before, asked);
  EXPECT_LE(asked, read_wall_clock());
}

}  // namespace
}  // namespace fanlight
