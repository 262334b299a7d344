// SPDX-License-Identifier: Apache-2.0
#include "core/time.h"

#include <gtest/gtest.h>

#include <ctime>

namespace fanlight {
namespace {

TEST(TimeTest, SecondsConvertToDurationAndBack) {
  EXPECT_EQ(from_seconds(0), 0ns);
  EXPECT_EQ(from_seconds(1.5), 1500ms);
  EXPECT_EQ(from_seconds(0.25), 250ms);
  EXPECT_EQ(from_seconds(-2), -2s);
  EXPECT_DOUBLE_EQ(to_seconds(1500ms), 1.5);
  EXPECT_DOUBLE_EQ(to_seconds(-250ms), -0.25);
}

TEST(TimeTest, SecondsBeyondTheRangeSaturate) {
  EXPECT_EQ(from_seconds(1e10), Duration::max());
  EXPECT_EQ(from_seconds(1e300), Duration::max());
  EXPECT_EQ(from_seconds(-1e10), Duration::min());
  EXPECT_GT(from_seconds(9e9), 280 * 365 * 24h);
}

TEST(TimeTest, NeverIsLaterThanAnything) {
  EXPECT_GT(kNever, Instant(Duration::max() - 1ns));
  EXPECT_GT(kNever, read_monotonic_clock());
}

// The kernel's timeouts use this clock: io_uring and epoll deadlines are computed with it.
TEST(TimeTest, MonotonicClockIsClockMonotonic) {
  const auto read_kernel_clock = [] {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  };
  const Instant before = read_kernel_clock();
  const Instant read = read_monotonic_clock();
  const Instant after = read_kernel_clock();
  EXPECT_LE(before, read);
  EXPECT_LE(read, after);
}

TEST(TimeTest, WallClockIsUnixTime) {
  const time_t before = ::time(nullptr);
  const WallTime read = read_wall_clock();
  // time(2) may be up to a tick behind the fine clock, but is never ahead of it, unless the clock
  // is set in between.
  EXPECT_GE(read.time_since_epoch(), std::chrono::seconds(before));
  EXPECT_LT(read.time_since_epoch(), std::chrono::seconds(before) + 1h);
}

}  // namespace
}  // namespace fanlight
