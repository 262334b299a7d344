// SPDX-License-Identifier: Apache-2.0
#include "http/state/wire.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace fanlight {
namespace {

constexpr Instant kStart{1h};

TEST(Wire, CountsTheFramingOfEverySegment) {
  EXPECT_EQ(bytes_on_wire(0), 0u);
  EXPECT_EQ(bytes_on_wire(1), 91u);
  EXPECT_EQ(bytes_on_wire(1448), 1538u);
  EXPECT_EQ(bytes_on_wire(1449), 1449u + 180u);
  EXPECT_EQ(bytes_on_wire(44'000), 44'000u + 31 * 90);
}

// 100 Mbit/s, 95 % of it: 11,875,000 bytes a second.
TEST(Wire, GrantsNoMoreThanItsRate) {
  Wire wire({.bits_per_second = 100'000'000}, 1);
  EXPECT_EQ(wire.usable(), 11'875'000u);
  const Duration frame = wire.time_for(20'000);
  EXPECT_NEAR(to_seconds(frame), double(bytes_on_wire(20'000)) / 11'875'000, 1e-8);
  // Requested every 100 us for ten seconds.
  int granted = 0;
  for (Instant now = kStart; now < kStart + 10s; now += 100us) granted += wire.take(frame, now);
  const double share = double(granted) * to_seconds(frame) / 10;
  EXPECT_LE(share, 1.0 + to_seconds(Wire::depth(frame)) / 10);
  EXPECT_GE(share, 0.999);
}

TEST(Wire, AfterAPauseGrantsItsDepthAtMost) {
  Wire wire({.bits_per_second = 1'000'000'000}, 1);
  const Duration small = wire.time_for(1'000);  // 9.2 us
  int granted = 0;
  while (wire.take(small, kStart)) ++granted;
  EXPECT_NEAR(granted * to_seconds(small), to_seconds(5ms), 2 * to_seconds(small));

  Wire slow({.bits_per_second = 10'000'000}, 1);
  const Duration large = slow.time_for(100'000);  // 90 ms
  granted = 0;
  while (slow.take(large, kStart)) ++granted;
  EXPECT_EQ(granted, 2);
  EXPECT_FALSE(slow.take(large, slow.free_at() - 1ns));
  EXPECT_TRUE(slow.take(large, slow.free_at()));
}

TEST(Wire, ChargedBytesAreRecovered) {
  Wire wire({.bits_per_second = 10'000'000}, 1);
  const Duration frame = wire.time_for(20'000);
  ASSERT_TRUE(wire.take(frame, kStart));
  wire.charge(10 * frame, kStart);
  EXPECT_FALSE(wire.take(frame, kStart + 8 * frame));
  EXPECT_TRUE(wire.take(frame, kStart + 11 * frame));
}

TEST(Wire, ThreadsTogetherGetNoMoreThanItsRate) {
  constexpr unsigned kThreads = 4;
  Wire wire({.bits_per_second = 100'000'000}, kThreads);
  const Duration frame = wire.time_for(20'000);
  std::atomic<int> granted{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (Instant now = kStart; now < kStart + 1s; now += 10us) granted += wire.take(frame, now);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(granted * to_seconds(frame), 1.0 + to_seconds(Wire::depth(frame)));
  EXPECT_GE(granted * to_seconds(frame), 0.99);
}

TEST(Wire, ClaimsAreAddedAndReturned) {
  Wire wire({.bits_per_second = 8'000'000}, 1);  // 950,000 bytes a second usable
  EXPECT_TRUE(wire.claim(900'000));
  EXPECT_FALSE(wire.claim(50'001));
  EXPECT_TRUE(wire.claim(50'000));
  wire.give_back(900'000);
  EXPECT_EQ(wire.claimed(), 50'000u);
}

TEST(Wire, RateMayChange) {
  Wire wire({.bits_per_second = 8'000'000}, 1);
  const Duration before = wire.time_for(10'000);
  EXPECT_TRUE(wire.claim(900'000));
  wire.set_rate(4'000'000, 2);
  EXPECT_EQ(wire.bits_per_second(), 4'000'000u);
  EXPECT_DOUBLE_EQ(wire.min_fps(), 2);
  EXPECT_EQ(wire.usable(), 475'000u);
  EXPECT_NEAR(to_seconds(wire.time_for(10'000)), 2 * to_seconds(before), 1e-8);
  EXPECT_FALSE(wire.claim(1)) << "current viewers stay";
  wire.give_back(900'000);
  EXPECT_TRUE(wire.claim(475'000));
}

TEST(Wire, CountsWaitingViewersPerShard) {
  Wire wire({.bits_per_second = 8'000'000}, 3);
  wire.set_waiting(0, 7);
  wire.set_waiting(2, 5);
  EXPECT_EQ(wire.waiting_in_all(), 12u);
  wire.set_waiting(0, 0);
  EXPECT_EQ(wire.waiting_in_all(), 5u);
}

}  // namespace
}  // namespace fanlight
