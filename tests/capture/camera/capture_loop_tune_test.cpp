// SPDX-License-Identifier: Apache-2.0
// Settings that can be changed while a camera runs.
#include <gtest/gtest.h>

#include <vector>

#include "tests/capture/camera/test_loop.h"

namespace fanlight {
namespace {

// A loop whose settings are changed once, after two seconds.
struct TunedLoop : TestLoop {
  void run(const CaptureTuning& tuning, Duration duration) {
    config.open = [this](const SourceOptions& options) {
      rates.push_back(options.fps);
      return camera.open(options);
    };
    CaptureLoop loop(config, camera.open(config.options), ring, clock);
    clock.at(2s, [&] { loop.tune(tuning); });
    clock.stop_at(duration);
    loop.run();
    recorder.look();
  }
  std::vector<double> rates;  // requested at the second opening
};

TEST(CaptureLoopTune, RateChangeReopensTheSourceWithoutASlate) {
  TunedLoop test;
  test.run({.quality = 80, .fps = 5}, 4s);
  EXPECT_EQ(test.rates, std::vector<double>{5});
  ASSERT_EQ(test.camera.closed.size(), 2u);
  EXPECT_NEAR(test.camera.closed[0], 2, 0.11);
  EXPECT_TRUE(test.recorder.slates().empty());
  EXPECT_EQ(test.stats().source_failures.value(), 0u);
  for (size_t i = 1; i < test.recorder.shots.size(); ++i) {
    EXPECT_GT(test.recorder.shots[i].info.sequence, test.recorder.shots[i - 1].info.sequence);
  }
}

TEST(CaptureLoopTune, QualityChangeAppliesToTheNextPicture) {
  TunedLoop test;
  test.camera.mood = Mood::raw;
  test.run({.quality = 5, .fps = 0}, 4s);
  EXPECT_TRUE(test.rates.empty()) << "it stays open";
  ASSERT_GT(test.recorder.shots.size(), 30u);
  const size_t before = test.recorder.shots[10].jpeg.size();
  const size_t behind = test.recorder.shots[30].jpeg.size();
  EXPECT_LT(behind, before);
  EXPECT_EQ(test.recorder.shots.back().jpeg.size(), behind);
  EXPECT_EQ(test.stats().quality.value(), 5u) << "and it is reported";
}

// Between two seconds and four; the numbers of those that are left out are used up.
TEST(CaptureLoopTune, LeavesOutPicturesToRelieveTheProcessor) {
  TestLoop test;
  test.config.open = [&](const SourceOptions& options) { return test.camera.open(options); };
  CaptureLoop loop(test.config, test.camera.open(test.config.options), test.ring, test.clock);
  test.clock.at(1950ms, [&] { loop.keep_every(4); });
  test.clock.at(3950ms, [&] { loop.keep_every(1); });
  test.clock.stop_at(6s);
  loop.run();
  test.recorder.look();
  std::vector<uint64_t> sequences;
  for (const auto& shot : test.recorder.shots) {
    if (shot.at > 1.85 && shot.at < 4.15) sequences.push_back(shot.info.sequence);
  }
  EXPECT_EQ(sequences, (std::vector<uint64_t>{20, 24, 28, 32, 36, 40, 41, 42}));
  EXPECT_TRUE(test.recorder.slates().empty());
  EXPECT_EQ(test.stats().captured.value(), 60u);
}

TEST(CaptureLoopTune, StallTimeoutChangeAppliesFromTheNextPicture) {
  TunedLoop test;
  test.config.stall_timeout = 60s;
  test.set_mood(3s, Mood::silent);
  test.run({.quality = 80, .fps = 0, .stall_timeout = 1s}, 6s);
  ASSERT_FALSE(test.recorder.slates().empty());
  EXPECT_NEAR(test.recorder.slates().front().at, 4, 0.11);
}

TEST(CaptureLoopTune, IdleCameraStartsWhenIdlingIsDisabled) {
  TunedLoop test;
  test.config.idle = 1s;
  testing::internal::CaptureStderr();
  test.run({.quality = 80, .fps = 0, .idle = {}}, 4s);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines_with(log, "started, idle stop disabled"), 1u) << log;
  ASSERT_EQ(test.camera.opened.size(), 2u);
  EXPECT_NEAR(test.camera.opened[1], 2, 1e-6);
}

TEST(CaptureLoopTune, LostCameraIsReopenedWithTheNewRate) {
  TunedLoop test;
  test.set_mood(1s, Mood::gone);
  test.clock.at(1500ms, [&] { test.camera.open_error = ENODEV; });
  test.clock.at(3s, [&] {
    test.camera.open_error.reset();
    test.camera.mood = Mood::well;
  });
  test.run({.quality = 80, .fps = 7}, 10s);
  ASSERT_FALSE(test.rates.empty());
  EXPECT_DOUBLE_EQ(test.rates.back(), 7);
  EXPECT_EQ(test.stats().online.value(), 0u) << "stopped";
  EXPECT_TRUE(test.recorder.shots.back().info.slate_reason.view().empty());
}

}  // namespace
}  // namespace fanlight
