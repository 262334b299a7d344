// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/capture_loop.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "capture/draw/canvas.h"
#include "core/random.h"
#include "tests/capture/camera/test_loop.h"
#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

TEST(CaptureLoop, PublishesEveryPicture) {
  TestLoop test;
  test.clock.at(1950ms, [&] { EXPECT_EQ(test.stats().online.value(), 1u); });
  test.run(2s);
  ASSERT_EQ(test.recorder.shots.size(), 20u);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(test.recorder.shots[i].info.sequence, i + 1);
    EXPECT_NEAR(test.recorder.shots[i].at, 0.1 * static_cast<double>(i), 1e-6);
    EXPECT_FALSE(test.recorder.shots[i].info.is_slate());
  }
  EXPECT_EQ(test.stats().captured.value(), 20u);
  EXPECT_EQ(test.stats().encoded.value(), 20u);
  EXPECT_EQ(test.stats().interval_ns.value(), 100'000'000u);
  EXPECT_EQ(test.stats().source_failures.value(), 0u);
  EXPECT_EQ(test.stats().online.value(), 0u) << "after the stop";
  EXPECT_EQ(test.camera.closed.size(), 1u);
}

// Including the losses of a source that is closed and opened again, which counts from 0.
TEST(CaptureLoop, CountsFramesLostByTheDevice) {
  TestLoop test;
  test.camera.losses = {.damaged = 1, .unusable = 2, .lost = 3, .late = 4};
  test.set_mood(950ms, Mood::gone);
  test.set_mood(1s, Mood::well);
  test.run(3s);
  EXPECT_EQ(test.camera.opened.size(), 1u) << "reopened";
  const uint64_t pictures = test.stats().captured.value();
  ASSERT_GT(pictures, 20u);
  EXPECT_EQ(test.stats().damaged_by_device.value(), 3 * pictures);
  EXPECT_EQ(test.stats().lost_by_device.value(), 3 * pictures);
  EXPECT_EQ(test.stats().dropped_late.value(), 4 * pictures);
}

TEST(CaptureLoop, ShowsASlateEverySecondWhileTheCameraIsLost) {
  TestLoop test;
  test.set_mood(950ms, Mood::gone);
  test.clock.at(960ms, [&] { test.camera.open_error = ENODEV; });
  test.clock.at(4500ms, [&] { EXPECT_EQ(test.stats().online.value(), 0u); });
  testing::internal::CaptureStderr();
  test.run(5500ms);
  const std::string log = testing::internal::GetCapturedStderr();

  EXPECT_EQ(test.recorder.pictures().size(), 10u);
  const auto slates = test.recorder.slates();
  ASSERT_EQ(slates.size(), 5u);
  for (size_t i = 0; i < slates.size(); ++i) {
    EXPECT_NEAR(slates[i].at, 1.0 + static_cast<double>(i), 1e-6);
    EXPECT_EQ(slates[i].info.sequence, 11 + i);
    EXPECT_EQ(slates[i].info.slate_reason.view(), "camera lost: unplugged");
    EXPECT_EQ(slates[i].head.find("secret"), std::string::npos);
    EXPECT_NE(slates[i].head.find("\r\nX-Slate: camera lost: unplugged\r\n"), std::string::npos);
    EXPECT_EQ(decode(slates[i].jpeg).width, 320);
  }
  EXPECT_EQ(test.stats().slates.value(), 5u);
  EXPECT_EQ(lines_with(log, "\n"), 1u) << log;
  EXPECT_EQ(lines_with(log, "door: lost: read /dev/secret: No such device"), 1u) << log;
}

TEST(CaptureLoop, RetriesWithIncreasingDelayAndJitter) {
  TestLoop test;
  test.set_mood(0s, Mood::gone);
  test.camera.open_error.reset();
  test.clock.at(1ms, [&] { test.camera.open_error = EBUSY; });
  test.camera.mood = Mood::gone;
  test.run(120s);
  const std::vector<double>& opened = test.camera.opened;
  ASSERT_GE(opened.size(), 12u);
  double expected = 0.5;
  bool jitter = false;
  for (size_t i = 1; i < opened.size(); ++i) {
    const double delay = opened[i] - opened[i - 1];
    EXPECT_GE(delay, 0.75 * expected - 1e-6) << i;
    EXPECT_LE(delay, 1.25 * expected + 1e-6) << i;
    jitter |= std::abs(delay - expected) > 0.01 * expected;
    expected = std::min(2 * expected, 10.0);
  }
  EXPECT_TRUE(jitter);
  EXPECT_EQ(test.stats().source_failures.value(), opened.size());
  EXPECT_NEAR(static_cast<double>(test.recorder.slates().size()), 120, 1);
}

TEST(CaptureLoop, LogsOneLineOnRecoveryAndResetsTheRetryDelay) {
  TestLoop test;
  test.set_mood(1s, Mood::gone);
  test.clock.at(1010ms, [&] { test.camera.open_error = ENOENT; });
  test.set_mood(60s, Mood::well);
  test.clock.at(60s, [&] { test.camera.open_error.reset(); });
  test.set_mood(100s, Mood::gone);
  test.clock.at(100010ms, [&] { test.camera.open_error = ENOENT; });
  testing::internal::CaptureStderr();
  test.run(102s);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines_with(log, ": lost: "), 2u) << log;
  EXPECT_EQ(lines_with(log, "door: back"), 1u) << log;
  EXPECT_EQ(lines_with(log, "\n"), 3u) << log;

  const auto& last = test.recorder.shots.back().info;
  EXPECT_EQ(last.sequence, test.recorder.shots.size()) << "a sequence without gaps";
  EXPECT_GT(test.recorder.pictures().size(), 300u);
  const auto first_retry = std::find_if(test.camera.opened.begin(), test.camera.opened.end(),
                                        [](double at) { return at > 100; });
  ASSERT_NE(first_retry, test.camera.opened.end());
  EXPECT_LT(*first_retry, 100.7);
}

TEST(CaptureLoop, PassesTheNextSequenceToTheReopenedSource) {
  TestLoop test;
  test.set_mood(950ms, Mood::gone);
  test.clock.at(1050ms, [&] { test.camera.mood = Mood::well; });
  test.run(3s);
  ASSERT_EQ(test.camera.first_sequences.size(), 2u);
  EXPECT_EQ(test.camera.first_sequences[0], 1u);
  const auto pictures = test.recorder.pictures();
  const auto back = std::find_if(pictures.begin(), pictures.end(),
                                 [](const Recorder::Shot& shot) { return shot.at > 1.1; });
  ASSERT_NE(back, pictures.end());
  EXPECT_EQ(test.camera.first_sequences[1], back->info.sequence);
}

TEST(CaptureLoop, LogsAStalledCameraAndKeepsWaiting) {
  TestLoop test;
  test.set_mood(950ms, Mood::silent);
  test.set_mood(6s, Mood::well);
  testing::internal::CaptureStderr();
  test.run(8s);
  const std::string log = testing::internal::GetCapturedStderr();
  const auto slates = test.recorder.slates();
  ASSERT_GE(slates.size(), 3u);
  EXPECT_NEAR(slates[0].at, 1.0 + 2.0, 1e-6);
  EXPECT_NEAR(slates[1].at, 1.0 + 3.0, 1e-6);
  EXPECT_EQ(slates[0].info.slate_reason.view(), "camera gives no pictures");
  EXPECT_EQ(test.camera.opened.size(), 1u) << "the source stays open";
  EXPECT_EQ(test.stats().source_failures.value(), 0u);
  EXPECT_FALSE(test.recorder.shots.back().info.is_slate());
  EXPECT_EQ(lines_with(log, "door: gives no pictures"), 1u) << log;
  EXPECT_EQ(lines_with(log, "door: back"), 1u) << log;
}

TEST(CaptureLoop, SlowCameraIsNotConsideredStalled) {
  TestLoop test;
  test.camera.interval = 5s;
  test.run(21s);
  EXPECT_EQ(test.recorder.pictures().size(), 5u);
  EXPECT_TRUE(test.recorder.slates().empty());
}

TEST(CaptureLoop, DropsBrokenPicturesAndShowsASlate) {
  TestLoop test;
  test.set_mood(950ms, Mood::garbage);
  test.run(4s);
  EXPECT_EQ(test.recorder.pictures().size(), 10u);
  const auto slates = test.recorder.slates();
  ASSERT_EQ(slates.size(), 2u);
  EXPECT_NEAR(slates[0].at, 2.9, 1e-6);
  EXPECT_EQ(slates[0].info.slate_reason.view(), "camera gives broken pictures");
  EXPECT_EQ(slates[0].info.sequence, 10u + 19 + 1 + 1) << "dropped pictures leave a gap";
  EXPECT_EQ(test.stats().dropped_bad.value(), 30u);
}

TEST(CaptureLoop, ShowsASlateForPicturesTooLargeForTheRing) {
  TestLoop test;
  Canvas noise(1600, 1200);
  Random random(1);
  for (int y = 0; y < 1200; y += 4) {
    for (int x = 0; x < 1600; x += 4) {
      noise.fill_rect({x, y, 4, 4}, {static_cast<uint8_t>(random.below(256)), 128, 128});
    }
  }
  test.camera.large_jpeg = encode_jpeg(noise);
  ASSERT_GT(test.camera.large_jpeg.size(), test.ring.jpeg_capacity());
  test.set_mood(950ms, Mood::large);
  test.run(3500ms);
  const auto slates = test.recorder.slates();
  ASSERT_EQ(slates.size(), 1u);
  EXPECT_EQ(slates[0].info.slate_reason.view(),
            fmt::format("camera gives pictures of more than {} KB (see --frame-memory)",
                        test.ring.jpeg_capacity() / 1024));
  EXPECT_EQ(test.recorder.pictures().size(), 10u);
}

TEST(CaptureLoop, AnyExceptionEndsOnlyTheSource) {
  TestLoop test;
  test.set_mood(950ms, Mood::confused);
  test.clock.at(1010ms, [&] { test.camera.mood = Mood::well; });
  test.run(3s);
  const auto slates = test.recorder.slates();
  ASSERT_GE(slates.size(), 1u);
  EXPECT_EQ(slates[0].info.slate_reason.view(), "camera lost: unexpected error");
  EXPECT_FALSE(test.recorder.shots.back().info.is_slate());
}

// It may be the memory for its source, for the reason or for the slate that is missing: the camera
// is back a little later.
TEST(CaptureLoop, SurvivesWhereMemoryIsShort) {
  const auto lose_and_reopen = [] {
    FakeClock clock;
    TestCamera camera(clock);
    FrameRing ring({.window = 2,
                    .jpeg_capacity = jpeg_capacity_for({320, 240, {}, 0}),
                    .memory_limit = 64 << 20});
    CaptureConfig config{.name = "door", .options = {}, .open = [&](const SourceOptions& options) {
                           return camera.open(options);
                         }};
    camera.closed.reserve(100);  // by a destructor
    camera.identity = "a serial number that a short string has no room for";
    clock.at(350ms, [&] { camera.mood = Mood::gone; });
    clock.at(1010ms, [&] { camera.mood = Mood::well; });
    CaptureLoop loop(config, camera.open(config.options), ring, clock);
    clock.stop_at(20s);
    loop.run();
    EXPECT_GT(ring.stats().captured.value(), 150u);
  };
  EXPECT_GT(fail_each_allocation(lose_and_reopen), 50);
}

TEST(CaptureLoop, TimestampsIncreaseWhenTheWallClockIsSetBack) {
  TestLoop test;
  test.clock.at(950ms, [&] { test.clock.step_wall(-3600s); });
  test.run(2s);
  ASSERT_EQ(test.recorder.shots.size(), 20u);
  for (size_t i = 1; i < 20; ++i) {
    EXPECT_GT(test.recorder.shots[i].info.captured_wall,
              test.recorder.shots[i - 1].info.captured_wall);
  }
}

TEST(CaptureLoop, FullRingDoesNotCauseASlate) {
  TestLoop test;
  std::vector<FrameRef> slow_viewers;
  for (int i = 0; i < 100; ++i) {
    test.clock.at(i * 100ms + 50ms, [&] {
      slow_viewers.push_back(
          test.ring.newer_than(slow_viewers.empty() ? 0 : slow_viewers.back()->sequence()));
      if (!slow_viewers.back()) slow_viewers.pop_back();
    });
  }
  test.clock.at(9990ms, [&] { slow_viewers.clear(); });
  test.run(11s);
  EXPECT_GT(test.stats().dropped_no_place.value(), 50u);
  EXPECT_TRUE(test.recorder.slates().empty());
  EXPECT_EQ(test.recorder.shots.back().info.sequence, 110u);
}

// A camera of another process, which was prepared some time ago: no slate, and no number twice.
TEST(CaptureLoop, GoesOnWhereAnotherProcessHasEnded) {
  for (const bool is_open : {true, false}) {
    TestLoop test;
    CaptureLoop loop(test.config, is_open ? test.camera.open(test.config.options) : nullptr,
                     test.ring, test.clock);
    test.clock.advance(60s);
    test.ring.continue_from(500, 400);
    loop.continue_from(500);
    test.clock.stop_at(62s);
    loop.run();
    test.recorder.look();
    ASSERT_FALSE(test.recorder.shots.empty());
    EXPECT_EQ(test.recorder.shots.front().info.sequence, 501u);
    EXPECT_EQ(test.stats().slates.value(), 0u);
    EXPECT_EQ(test.camera.first_sequences.back(), is_open ? 1u : 501u);
  }
}

}  // namespace
}  // namespace fanlight
