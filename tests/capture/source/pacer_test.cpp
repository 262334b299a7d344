// SPDX-License-Identifier: Apache-2.0
#include "capture/source/pacer.h"

#include <gtest/gtest.h>

#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

TEST(Pacer, FirstTickIsImmediateAndOthersAtWholeIntervals) {
  FakeClock clock;
  Pacer pacer(clock, 40ms);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(pacer.wait(kNever));
    EXPECT_EQ(clock.now(), FakeClock::kStart + i * 40ms);
    clock.advance(7ms);  // the time that it takes to draw
  }
}

TEST(Pacer, SkipsMissedTicks) {
  FakeClock clock;
  Pacer pacer(clock, 100ms);
  ASSERT_TRUE(pacer.wait(kNever));
  clock.advance(1010ms);
  ASSERT_TRUE(pacer.wait(kNever));
  EXPECT_EQ(clock.now(), FakeClock::kStart + 1010ms) << "late, but immediately";
  ASSERT_TRUE(pacer.wait(kNever));
  EXPECT_EQ(clock.now(), FakeClock::kStart + 1100ms) << "no burst";
}

TEST(Pacer, StopsWaitingAtTheDeadline) {
  FakeClock clock;
  Pacer pacer(clock, 1s);
  ASSERT_TRUE(pacer.wait(kNever));
  EXPECT_FALSE(pacer.wait(FakeClock::kStart + 300ms));
  EXPECT_EQ(clock.now(), FakeClock::kStart + 300ms);
  EXPECT_TRUE(pacer.wait(FakeClock::kStart + 1s)) << "due at the deadline";
  EXPECT_EQ(clock.now(), FakeClock::kStart + 1s);
}

TEST(Pacer, StopEndsTheWait) {
  FakeClock clock;
  Pacer pacer(clock, 1s);
  ASSERT_TRUE(pacer.wait(kNever));
  clock.stop_at(500ms);
  EXPECT_FALSE(pacer.wait(kNever));
  EXPECT_EQ(clock.now(), FakeClock::kStart + 500ms);
}

}  // namespace
}  // namespace fanlight
