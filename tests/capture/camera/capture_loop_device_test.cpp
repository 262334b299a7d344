// SPDX-License-Identifier: Apache-2.0
// Cameras that are devices: missing at the start, frozen, unplugged, plugged in again, and with
// controls being changed.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "capture/camera/device_watch.h"
#include "core/camera_panel.h"
#include "tests/capture/camera/test_loop.h"
#include "tests/capture/v4l2/fake_system.h"

namespace fanlight {
namespace {

// A camera that is lost after a second, and whose next scheduled retry is a minute away.
struct LostCamera : TestLoop {
  LostCamera() {
    config.devices = &watch;
    config.retry_min = config.retry_max = 60s;
    set_mood(950ms, Mood::gone);
  }
  void plug(const std::string& node) { system.write("dev/" + node, ""); }

  FakeSystem system;
  DeviceWatch watch{system.roots().dev};
};

TEST(CaptureLoopDevice, ReopensAFrozenDevice) {
  TestLoop test;
  test.set_mood(950ms, Mood::silent);
  test.clock.at(8100ms, [&] { test.camera.mood = Mood::well; });
  test.run(10s);
  ASSERT_EQ(test.camera.closed.size(), 2u);
  // The last picture arrived at 1 s, the first slate was published at 3 s.
  EXPECT_NEAR(test.camera.closed[0], 8, 1e-6);
  ASSERT_EQ(test.camera.opened.size(), 2u);
  EXPECT_LT(test.camera.opened[1], 8.7);
  EXPECT_EQ(test.stats().source_failures.value(), 1u);
  EXPECT_EQ(test.recorder.slates().front().info.slate_reason.view(), "camera gives no pictures");
  EXPECT_FALSE(test.recorder.shots.back().info.is_slate());
}

TEST(CaptureLoopDevice, BrokenPicturesAreASignOfLife) {
  TestLoop test;
  test.set_mood(950ms, Mood::garbage);
  test.run(30s);
  EXPECT_EQ(test.camera.opened.size(), 1u);
}

TEST(CaptureLoopDevice, DeviceMissingAtStartShowsASlateAndIsRetried) {
  TestLoop test;
  testing::internal::CaptureStderr();
  CaptureLoop loop(test.config,
                   std::system_error(EACCES, std::system_category(), "open /dev/video7"), test.ring,
                   test.clock);
  test.clock.stop_at(2s);
  loop.run();
  test.recorder.look();
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_GE(test.recorder.slates().size(), 1u);
  EXPECT_NEAR(test.recorder.slates()[0].at, 0, 1e-6);
  EXPECT_EQ(test.recorder.slates()[0].info.slate_reason.view(), "camera lost: not permitted");
  EXPECT_EQ(lines_with(log, "door: waiting: open /dev/video7"), 1u) << log;
  EXPECT_GT(test.recorder.pictures().size(), 10u);
}

// The log has one line when the waiting begins and one when it ends, regardless of the number of
// attempts.
TEST(CaptureLoopDevice, WaitForALateDeviceIsLoggedInTwoLines) {
  TestLoop test;
  test.camera.open_error = ENOENT;
  test.clock.at(60s, [&] { test.camera.open_error.reset(); });
  test.set_mood(100s, Mood::gone);
  test.clock.at(101s, [&] { test.camera.mood = Mood::well; });
  testing::internal::CaptureStderr();
  CaptureLoop loop(test.config, std::system_error(ENOENT, std::system_category(), "open it"),
                   test.ring, test.clock);
  test.clock.stop_at(120s);
  loop.run();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_GT(test.camera.opened.size(), 6u);
  EXPECT_EQ(lines_with(log, "door: waiting: open it"), 1u) << log;
  EXPECT_EQ(lines_with(log, "waiting: "), 1u) << log;
  EXPECT_EQ(lines_with(log, "door: available"), 1u) << log;
  EXPECT_EQ(lines_with(log, "door: lost: "), 1u)
      << "afterwards it is lost like any other camera: " << log;
  EXPECT_EQ(lines_with(log, "door: back"), 1u) << log;
}

TEST(CaptureLoopDevice, DeviceMissingAtStartIsFoundWhenPluggedIn) {
  LostCamera test;
  test.camera.open_error = ENOENT;
  test.clock.at(5s, [&] {
    test.camera.open_error.reset();
    test.camera.mood = Mood::well;
    test.plug("video0");
  });
  CaptureLoop loop(test.config, std::system_error(ENOENT, std::system_category(), "open it"),
                   test.ring, test.clock);
  test.clock.stop_at(6s);
  loop.run();
  ASSERT_EQ(test.camera.opened.size(), 1u) << "without the event the retry would take a minute";
  EXPECT_NEAR(test.camera.opened[0], 5.1, 0.05);
}

// A camera gives no pictures while its upstream shows a slate.
TEST(CaptureLoopDevice, UpstreamSlateDoesNotCountAsAPicture) {
  TestLoop test;
  test.set_mood(2950ms, Mood::foreign_slate);
  test.clock.at(2500ms, [&] {
    EXPECT_EQ(test.stats().online.value(), 1u);
    EXPECT_EQ(test.stats().measured_interval_ns.value(), 100'000'000u);
  });
  uint64_t captured = 0;
  test.clock.at(3500ms, [&] { captured = test.stats().captured.value(); });
  test.clock.at(5s, [&] {
    EXPECT_EQ(test.stats().online.value(), 0u);
    EXPECT_EQ(test.stats().captured.value(), captured);
    EXPECT_EQ(test.stats().measured_interval_ns.value(), 0u);
    EXPECT_EQ(Instant(Duration(test.stats().pictured_at_ns.value())), FakeClock::kStart + 2900ms);
    test.camera.mood = Mood::well;
  });
  test.run(7s);
  EXPECT_EQ(test.stats().online.value(), 0u) << "the source has ended";
  EXPECT_EQ(test.stats().measured_interval_ns.value(), 100'000'000u) << "pauses do not count";
}

TEST(CaptureLoopDevice, PluggingInEndsTheWaitForTheNextRetry) {
  LostCamera test;
  test.clock.at(5s, [&] {
    test.camera.mood = Mood::well;
    test.plug("video4");
  });
  test.run(10s);
  ASSERT_EQ(test.camera.opened.size(), 2u);
  EXPECT_GE(test.camera.opened[1], 5.0);
  EXPECT_LT(test.camera.opened[1], 6.2) << "udev is given time; slates continue meanwhile";
  EXPECT_FALSE(test.recorder.shots.back().info.is_slate());
}

TEST(CaptureLoopDevice, OtherDevicesAreIgnored) {
  LostCamera test;
  test.clock.at(5s, [&] { test.plug("ttyUSB0"); });
  test.run(10s);
  EXPECT_EQ(test.camera.opened.size(), 1u);
}

TEST(CaptureLoopDevice, ReopensTheSameDevice) {
  TestLoop test;
  test.camera.identity = "usb 046d:0826 A1B2";
  test.set_mood(950ms, Mood::gone);
  test.clock.at(1050ms, [&] { test.camera.mood = Mood::well; });
  test.run(3s);
  EXPECT_EQ(test.camera.identities, (std::vector<std::string>{"", "usb 046d:0826 A1B2"}));
}

TEST(CaptureLoopDevice, DoesNotEncodeWithoutWatchers) {
  TestLoop test;
  test.config.encode_unwatched = false;
  test.camera.mood = Mood::raw;
  test.clock.at(
      1s, [&] { EXPECT_EQ(test.stats().encoded.value(), 10u) << "a viewer may still arrive"; });
  test.clock.at(10s, [&] {
    EXPECT_NEAR(double(test.stats().encoded.value()), 20, 1);
    EXPECT_EQ(test.activity(), CaptureActivity::idle) << "the newest frame is old";
    EXPECT_EQ(test.stats().online.value(), 1u) << "but the camera works";
    EXPECT_NEAR(double(test.stats().captured.value()), 100, 1);
  });
  test.clock.at(20010ms, [&] { test.ring.watch(); });
  test.clock.at(20150ms, [&] {
    EXPECT_NEAR(double(test.stats().encoded.value()), 21, 2) << "from the next picture on";
    EXPECT_NE(test.activity(), CaptureActivity::idle);
    test.ring.unwatch();
  });
  test.run(30s);
  EXPECT_TRUE(test.recorder.slates().empty());
  EXPECT_LT(test.stats().encoded.value(), 50u);
  EXPECT_EQ(test.stats().captured.value(), 300u);
  EXPECT_EQ(test.stats().measured_interval_ns.value(), 100'000'000u) << "pauses do not count";
}

TEST(CaptureLoopDevice, AlwaysEncodesASlowCamera) {
  TestLoop test;
  test.config.encode_unwatched = false;
  test.camera.interval = 1s;
  test.camera.mood = Mood::raw;
  test.run(30s);
  EXPECT_EQ(test.stats().encoded.value(), 30u);
}

TEST(CaptureLoopDevice, RepeatIsASignOfLifeAndEndsASlate) {
  TestLoop test;
  test.set_mood(950ms, Mood::repeating);
  test.clock.at(10s, [&] {
    EXPECT_EQ(test.stats().encoded.value(), 10u);
    EXPECT_EQ(test.stats().slates.value(), 0u);
    test.camera.mood = Mood::silent;
  });
  test.clock.at(13s, [&] { test.camera.mood = Mood::repeating; });
  test.run(15s);
  ASSERT_FALSE(test.recorder.slates().empty());
  EXPECT_FALSE(test.recorder.shots.back().info.is_slate());
  // Ten at first, the one that was in progress at 10 s, and one after the slates.
  EXPECT_EQ(test.recorder.pictures().size(), 12u);
}

TEST(CaptureLoopDevice, ControlRequestInterruptsTheWaitForAPicture) {
  TestLoop test;
  CameraPanel panel(test.clock.interrupts());
  Waker shard;
  Mailbox mailbox(shard);
  test.config.panel = &panel;
  test.camera.interval = 3600s;
  std::optional<ControlOutcome> told;
  test.clock.at(1s, [&] {
    panel.ask({R"({"brightness":1})"}, mailbox, &told,
              [](void* owner, ControlOutcome outcome, std::string_view) noexcept {
                *static_cast<std::optional<ControlOutcome>*>(owner) = outcome;
              });
  });
  test.clock.at(1001ms, [&] { mailbox.deliver(); });
  test.clock.at(1002ms, [&] {
    EXPECT_EQ(told, ControlOutcome::malformed) << "this camera has no such control";
  });
  test.run(2s);
  EXPECT_EQ(told, ControlOutcome::malformed);
}

}  // namespace
}  // namespace fanlight
