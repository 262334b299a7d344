// SPDX-License-Identifier: Apache-2.0
// CaptureLoop with sources whose silence is no sign of failure (Source::may_be_silent()).
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/capture/camera/test_loop.h"

namespace fanlight {
namespace {

TEST(CaptureLoop, KeepsThePictureOfASilentSource) {
  TestLoop test;
  test.camera.may_be_silent = true;
  test.set_mood(950ms, Mood::silent);
  test.set_mood(60s, Mood::well);
  test.clock.at(59s, [&] {
    EXPECT_EQ(test.stats().online.value(), 1u);
    EXPECT_EQ(test.activity(), CaptureActivity::silent);
  });
  testing::internal::CaptureStderr();
  test.run(65s);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(test.recorder.slates().empty());
  EXPECT_GT(test.recorder.pictures().size(), 30u);
  EXPECT_EQ(test.camera.opened.size(), 1u) << "it is not reopened";
  EXPECT_EQ(test.stats().source_failures.value(), 0u);
}

TEST(CaptureLoop, ReplacesThePictureOfOtherSourcesWithASlate) {
  TestLoop test;
  test.set_mood(950ms, Mood::silent);
  test.run(4s);
  EXPECT_FALSE(test.recorder.slates().empty());
  EXPECT_EQ(test.activity(), CaptureActivity::live);
}

// The reason why it ended does not wait for the next second.
TEST(CaptureLoop, ASilentSourceThatEndsChangesTheSlateAtOnce) {
  TestLoop test;
  test.set_mood(950ms, Mood::silent);
  test.set_mood(3300ms, Mood::gone);
  test.clock.at(3300ms, [&] {
    test.camera.open_error = ECONNREFUSED;
    test.clock.interrupts().wake();
  });
  test.run(3600ms);
  const auto slates = test.recorder.slates();
  ASSERT_GE(slates.size(), 2u);
  EXPECT_EQ(slates.front().info.slate_reason.view(), "camera gives no pictures");
  EXPECT_TRUE(slates.back().info.slate_reason.view().starts_with("camera lost: "));
  EXPECT_NEAR(slates.back().at, 3.3, 0.01);
}

TEST(CaptureLoop, KeepsThePictureForTheStallTimeoutAfterASilentSourceEnds) {
  TestLoop test;
  test.camera.may_be_silent = true;
  test.set_mood(950ms, Mood::silent);
  test.set_mood(10s, Mood::gone);
  test.clock.at(10s, [&] {
    test.camera.open_error = ECONNREFUSED;
    test.clock.interrupts().wake();
  });
  test.clock.at(11900ms, [&] { EXPECT_EQ(test.stats().online.value(), 1u); });
  testing::internal::CaptureStderr();
  test.run(13500ms);
  const std::string log = testing::internal::GetCapturedStderr();
  const auto slates = test.recorder.slates();
  ASSERT_EQ(slates.size(), 2u);
  const double ended = slates[0].at - 2;
  EXPECT_NEAR(ended, 10, 0.11) << "at most one interval after it was detected";
  EXPECT_EQ(slates[0].info.slate_reason.view(), "camera lost: connection refused");
  EXPECT_EQ(test.stats().online.value(), 0u);
  EXPECT_EQ(lines_with(log, "\n"), 1u) << log;
  EXPECT_EQ(lines_with(log, "door: lost: connection refused"), 1u) << log;
  // No opening lasts longer than the last picture may stay.
  ASSERT_GE(test.camera.opened.size(), 3u);
  for (size_t i = 1; i < test.camera.opened.size(); ++i) {
    const double at = test.camera.opened[i];
    if (at < slates[0].at) {
      EXPECT_NEAR(test.camera.patience[i], slates[0].at - at, 1e-6);
    } else {
      EXPECT_NEAR(test.camera.patience[i], 30, 1e-6) << at;
    }
  }
}

TEST(CaptureLoop, OccasionallyEndingStreamShowsNoSlate) {
  TestLoop test;
  test.camera.may_be_silent = true;
  for (const Duration at : {5s, 20s, 30s}) {
    test.set_mood(at, Mood::gone);
    test.set_mood(at + 150ms, Mood::well);
  }
  testing::internal::CaptureStderr();
  test.run(40s);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(test.recorder.slates().empty());
  EXPECT_EQ(test.camera.opened.size(), 4u);
  EXPECT_EQ(test.stats().source_failures.value(), 3u);
}

}  // namespace
}  // namespace fanlight
