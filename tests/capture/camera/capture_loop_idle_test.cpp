// SPDX-License-Identifier: Apache-2.0
// The camera is stopped while no one is watching.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/capture/camera/test_loop.h"

namespace fanlight {
namespace {

TEST(CaptureLoopIdle, IsDisabledByDefault) {
  TestLoop test;
  test.run(3600s);
  EXPECT_EQ(test.camera.opened.size(), 1u);
  EXPECT_EQ(test.recorder.shots.size(), 36000u);
}

TEST(CaptureLoopIdle, StopsTheCameraUntilAWatcherArrives) {
  TestLoop test;
  test.config.idle = 10s;
  test.clock.at(9950ms, [&] { EXPECT_NE(test.activity(), CaptureActivity::idle); });
  test.clock.at(30s, [&] {
    EXPECT_EQ(test.activity(), CaptureActivity::idle);
    EXPECT_EQ(test.stats().online.value(), 0u);
  });
  test.clock.at(60s, [&] { test.ring.watch(); });
  test.clock.at(60050ms, [&] {
    EXPECT_NE(test.activity(), CaptureActivity::idle);
    EXPECT_EQ(test.stats().online.value(), 1u);
  });
  test.clock.at(100s, [&] { test.ring.unwatch(); });
  test.clock.at(150s, [&] { EXPECT_EQ(test.activity(), CaptureActivity::idle); });
  testing::internal::CaptureStderr();
  test.run(200s);
  const std::string log = testing::internal::GetCapturedStderr();

  ASSERT_EQ(test.camera.closed.size(), 2u);
  EXPECT_NEAR(test.camera.closed[0], 10, 1e-6);
  EXPECT_NEAR(test.camera.closed[1], 110, 0.2);
  ASSERT_EQ(test.camera.opened.size(), 2u);
  EXPECT_NEAR(test.camera.opened[1], 60, 1e-6) << "immediately";
  EXPECT_NEAR(test.camera.patience[1], 5, 1e-6) << "then a slate states why";
  EXPECT_TRUE(test.recorder.slates().empty());
  EXPECT_EQ(test.camera.first_sequences[1], 102u) << "pictures 1 to 101 arrived at 0.0 to 10.0 s";
  EXPECT_EQ(lines_with(log, "stopped, no one is watching"), 2u) << log;
  EXPECT_EQ(lines_with(log, "started, a viewer joined"), 1u) << log;
}

TEST(CaptureLoopIdle, IdleTimeDoesNotCountAsAFrameInterval) {
  TestLoop test;
  test.config.idle = 10s;
  test.clock.at(60s, [&] { test.ring.watch(); });
  test.clock.at(60250ms, [&] {
    EXPECT_EQ(test.stats().measured_interval_ns.value(), 100'000'000u);
    test.ring.unwatch();
  });
  test.run(61s);
}

TEST(CaptureLoopIdle, CountsAsIdleUntilTheFirstPictureIsPublished) {
  TestLoop test;
  test.config.idle = 10s;
  test.clock.at(20s, [&] {
    test.camera.mood = Mood::silent;
    test.ring.watch();
  });
  test.clock.at(21s, [&] {
    EXPECT_EQ(test.camera.opened.size(), 2u);
    EXPECT_EQ(test.activity(), CaptureActivity::idle)
        << "the newest frame is still ten seconds old";
  });
  test.clock.at(22500ms, [&] {
    EXPECT_NE(test.activity(), CaptureActivity::idle) << "the slate is new";
    test.ring.unwatch();
  });
  test.run(23s);
  ASSERT_EQ(test.recorder.slates().size(), 1u);
  EXPECT_NEAR(test.recorder.slates()[0].at, 22, 1e-6);
}

TEST(CaptureLoopIdle, WatcherBetweenTwoPicturesKeepsTheCameraRunning) {
  TestLoop test;
  test.config.idle = 10s;
  test.clock.at(8050ms, [&] {
    test.ring.watch();
    test.ring.unwatch();
  });
  test.run(30s);
  ASSERT_EQ(test.camera.closed.size(), 1u);
  EXPECT_NEAR(test.camera.closed[0], 18, 0.2);
}

TEST(CaptureLoopIdle, ShortVisitWhileIdleStartsTheCameraOnce) {
  TestLoop test;
  test.config.idle = 10s;
  test.clock.at(20s, [&] {
    test.ring.watch();
    test.ring.unwatch();
  });
  test.run(60s);
  ASSERT_EQ(test.camera.closed.size(), 2u);
  EXPECT_NEAR(test.camera.opened[1], 20, 1e-6);
  EXPECT_NEAR(test.camera.closed[1], 30, 0.2);
}

TEST(CaptureLoopIdle, DoesNotRetryALostCameraWithoutWatchers) {
  TestLoop test;
  test.config.idle = 10s;
  test.set_mood(1s, Mood::gone);
  test.clock.at(1001ms, [&] { test.camera.open_error = ENODEV; });
  size_t attempts = 0;
  test.clock.at(15s, [&] { attempts = test.camera.opened.size(); });
  test.clock.at(500s, [&] {
    EXPECT_EQ(test.camera.opened.size(), attempts);
    test.ring.watch();
  });
  test.clock.at(501s, [&] { EXPECT_GT(test.camera.opened.size(), attempts); });
  test.clock.at(505s, [&] { test.ring.unwatch(); });
  test.run(506s);
  ASSERT_GT(test.camera.opened.size(), attempts);
  EXPECT_NEAR(test.camera.opened[attempts], 500, 1e-6) << "immediately, without a delay";
  const auto slates = test.recorder.slates();
  const auto first = std::find_if(slates.begin(), slates.end(),
                                  [](const Recorder::Shot& shot) { return shot.at > 100; });
  ASSERT_NE(first, slates.end());
  EXPECT_NEAR(first->at, 500, 1e-6) << "a viewer sees immediately that it is lost";
}

TEST(CaptureLoopIdle, NewWatcherTriggersAnOverdueRetryImmediately) {
  TestLoop test;
  test.config.idle = 10s;
  test.config.retry_min = 100s;
  test.config.retry_max = 1000s;
  test.set_mood(950ms, Mood::gone);
  test.set_mood(19s, Mood::well);
  test.clock.at(20s, [&] { test.ring.watch(); });
  test.clock.at(25s, [&] { test.ring.unwatch(); });
  test.run(26s);
  ASSERT_EQ(test.camera.opened.size(), 2u);
  EXPECT_NEAR(test.camera.opened[1], 20, 1e-6);
  EXPECT_FALSE(test.recorder.shots.back().info.is_slate());
}

}  // namespace
}  // namespace fanlight
