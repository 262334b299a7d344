// SPDX-License-Identifier: Apache-2.0
#include "tools/load/arrival_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace fanlight {
namespace {

constexpr Instant kBegin = Instant(1000s);

TEST(ArrivalTable, RankCountsEarlierArrivals) {
  ArrivalTable table;
  EXPECT_EQ(table.arrive(7, kBegin), 0u);
  EXPECT_EQ(table.arrive(7, kBegin), 1u);
  EXPECT_EQ(table.arrive(0, kBegin), 0u);
  EXPECT_EQ(table.arrive(7, kBegin), 2u);
}

TEST(ArrivalTable, SkewIsFromFirstToLastInAnyOrder) {
  ArrivalTable table;
  table.arrive(1, kBegin + 30ms);
  table.arrive(1, kBegin + 10ms);
  table.arrive(1, kBegin + 20ms);
  table.arrive(2, kBegin + 40ms);  // the newest frame, which is excluded
  const auto summary = table.summarise(kBegin, kBegin + 1s);
  EXPECT_EQ(summary->frames, 1u);
  EXPECT_DOUBLE_EQ(summary->arrivals_per_frame, 3);
  EXPECT_NEAR(summary->skew.percentile_ms(1).value(), 20, 0.2);
}

TEST(ArrivalTable, CountsOnlyFramesThatFirstArriveInTheWindow) {
  ArrivalTable table;
  table.arrive(1, kBegin - 1ms);
  table.arrive(1, kBegin + 500ms);
  table.arrive(2, kBegin);
  table.arrive(3, kBegin + 1ms);
  table.arrive(4, kBegin + 1s);
  EXPECT_EQ(table.summarise(kBegin, kBegin + 1s)->frames, 1u);
  EXPECT_EQ(ArrivalTable().summarise(kBegin, kBegin + 1s)->frames, 0u);
}

TEST(ArrivalTable, ThreadsTogetherGetEveryRankOnce) {
  constexpr uint64_t kFrames = 2000;
  constexpr size_t kThreads = 4;
  ArrivalTable table;
  std::vector<std::vector<uint32_t>> ranks(kThreads);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&table, &mine = ranks[i], i] {
      for (uint64_t key = 0; key < kFrames; ++key) {
        mine.push_back(table.arrive(key, kBegin + std::chrono::microseconds(key * kThreads + i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (uint64_t key = 0; key < kFrames; ++key) {
    uint32_t seen = 0;
    for (const auto& mine : ranks) seen |= 1u << mine[key];
    ASSERT_EQ(seen, (1u << kThreads) - 1) << "frame " << key;
  }
  const auto summary = table.summarise(kBegin, kBegin + 1h);
  EXPECT_EQ(summary->frames, kFrames - 1);
  EXPECT_NEAR(summary->skew.percentile_ms(0.01).value(), 0.003, 1e-9);
  EXPECT_NEAR(summary->skew.percentile_ms(1).value(), 0.003, 1e-9);
}

TEST(ArrivalTable, FollowsALimitedNumberOfFrames) {
  ArrivalTable table;
  constexpr uint64_t kFollowed = 1 << 17;
  for (uint64_t key = 0; key < kFollowed; ++key) ASSERT_EQ(table.arrive(key, kBegin), 0u) << key;
  EXPECT_EQ(table.arrive(kFollowed, kBegin), ArrivalTable::kNotFollowed);
  EXPECT_EQ(table.arrive(kFollowed - 1, kBegin), 1u);
  EXPECT_EQ(table.arrive(UINT64_MAX, kBegin), ArrivalTable::kNotFollowed);
}

}  // namespace
}  // namespace fanlight
