// SPDX-License-Identifier: Apache-2.0
#include "core/rate_meter.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

constexpr Instant kStart{100s};

// Adds `count` pictures, the first at `begin`; returns the time of the next one.
Instant add(RateMeter& meter, Instant begin, int count, Duration interval) {
  for (int i = 0; i < count; ++i) meter.add(begin + i * interval);
  return begin + count * interval;
}

TEST(RateMeter, IsUnknownBeforeTheSecondPicture) {
  RateMeter meter;
  EXPECT_EQ(meter.per_second(kStart), 0);
  meter.add(kStart);
  EXPECT_EQ(meter.interval(), Duration::zero());
  EXPECT_EQ(meter.per_second(kStart + 1ms), 0);
  meter.add(kStart + 40ms);
  EXPECT_EQ(meter.interval(), 40ms);
  EXPECT_DOUBLE_EQ(meter.per_second(kStart + 41ms), 25);
}

TEST(RateMeter, IsTheMeanDuringTheFirstSecond) {
  RateMeter meter;
  meter.add(kStart);
  meter.add(kStart + 300ms);  // a camera that is slow to start
  add(meter, kStart + 400ms, 3, 100ms);
  EXPECT_EQ(meter.interval(), 150ms);
}

TEST(RateMeter, ForgetsASlowStartAfterTheSecondWindow) {
  RateMeter meter;
  meter.add(kStart);
  const Instant next = add(meter, kStart + 500ms, 41, 50ms);
  EXPECT_EQ(meter.interval(), 50ms);
  EXPECT_DOUBLE_EQ(meter.per_second(next), 20);
}

TEST(RateMeter, FollowsANewRateWithinTwoSeconds) {
  RateMeter meter;
  const Instant next = add(meter, kStart, 100, 20ms);
  add(meter, next, 3, 1s);
  EXPECT_EQ(meter.interval(), 1s);
}

TEST(RateMeter, SlowCameraIsMeasuredByEachInterval) {
  RateMeter meter;
  add(meter, kStart, 3, 10s);
  EXPECT_DOUBLE_EQ(meter.per_second(kStart + 25s), 0.1);
}

TEST(RateMeter, FallsDuringSilence) {
  RateMeter meter;
  add(meter, kStart, 11, 100ms);  // the last one at 1 s
  EXPECT_DOUBLE_EQ(meter.per_second(kStart + 1200ms), 10)
      << "two intervals do not count as silence";
  EXPECT_DOUBLE_EQ(meter.per_second(kStart + 5s), 0.25);
}

TEST(RateMeter, RestartDiscardsThePause) {
  RateMeter meter;
  add(meter, kStart, 100, 20ms);
  meter.restart();
  EXPECT_EQ(meter.per_second(kStart + 60s), 0);
  add(meter, kStart + 60s, 2, 25ms);
  EXPECT_EQ(meter.interval(), 25ms);
}

TEST(RateMeter, IgnoresAPictureThatIsNotLater) {
  RateMeter meter;
  add(meter, kStart, 2, 100ms);
  meter.add(kStart + 100ms);
  meter.add(kStart + 50ms);
  EXPECT_EQ(meter.interval(), 100ms);
}

// No division by a count that has wrapped around.
TEST(RateMeter, HandlesAnyNumberOfPictures) {
  RateMeter meter;
  add(meter, kStart, 200'000, 1us);
  EXPECT_EQ(meter.interval(), 1us);
}

}  // namespace
}  // namespace fanlight
