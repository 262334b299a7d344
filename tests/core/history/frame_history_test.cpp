// SPDX-License-Identifier: Apache-2.0
#include "core/history/frame_history.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/core/history/history_helper.h"
#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

constexpr size_t kMemory = 1 << 20;

TEST(FrameHistoryTest, IsEmptyBeforeTheFirstFrame) {
  FrameHistory history({.length = 10s, .memory_max = kMemory});
  EXPECT_FALSE(history.range());
  EXPECT_FALSE(history.find_at(test_instant(1)));
  EXPECT_FALSE(history.find_after(0));
  EXPECT_EQ(history.held_bytes(), 0u);
}

TEST(FrameHistoryTest, FindsFramesByTimeAndByNumber) {
  HistoryWorld world({.length = 10s, .memory_max = kMemory});
  for (uint64_t i = 10; i <= 90; i += 2) world.publish(i);
  EXPECT_EQ(world.history.find_at(test_instant(50))->sequence, 50u);
  EXPECT_EQ(world.history.find_at(test_instant(51))->sequence, 50u) << "what was shown then";
  EXPECT_EQ(world.history.find_at(test_instant(51))->at, test_instant(50));
  EXPECT_EQ(world.history.find_at(test_instant(1000))->sequence, 90u);
  EXPECT_EQ(world.history.find_at(test_instant(10))->sequence, 10u);
  EXPECT_FALSE(world.history.find_at(test_instant(10) - 1ns));
  EXPECT_EQ(world.history.find_after(0)->sequence, 10u);
  EXPECT_EQ(world.history.find_after(50)->sequence, 52u);
  EXPECT_EQ(world.history.find_after(51)->sequence, 52u);
  EXPECT_FALSE(world.history.find_after(90));
  EXPECT_EQ(world.oldest(), 10u);
  EXPECT_EQ(world.newest(), 90u);
}

TEST(FrameHistoryTest, MeasuresFramesAsTheyAreSent) {
  HistoryWorld world({.length = 60s, .memory_max = kMemory, .jpeg_max = 16 << 10});
  FrameInfo slate = history_info(1);
  slate.slate_reason = SlateReason("camera lost");
  world.publish_undivided(slate, 500);
  for (uint64_t i = 2; i <= 250; ++i) world.publish(i);
  HistoryReader reader;
  std::vector<char> room(HistoryReader::room_for(16 << 10));
  for (const uint64_t step : {1u, 2u, 7u, 40u}) {
    const Duration interval = kTestInterval * static_cast<int64_t>(step);
    uint64_t frames = 0;
    uint64_t bytes = 0;
    for (uint64_t i = 1; i <= 245; i += step, ++frames) {
      Frame frame;
      ASSERT_TRUE(reader.read(world.history, i, room, frame));
      bytes += frame.bare_part().size();
    }
    const HistoryPoint first = *world.history.find_after(0);
    const HistoryExtent extent = world.history.measure(first, 245, interval);
    EXPECT_EQ(extent.frames, frames) << step;
    EXPECT_EQ(extent.bytes, bytes) << step;
  }
  const HistoryExtent none = world.history.measure({.sequence = 300}, 400, Duration(0));
  EXPECT_EQ(none.frames + none.bytes, 0u);
}

TEST(FrameHistoryTest, KeepsItsLengthAndForgetsWhatIsOlder) {
  HistoryWorld world({.length = 10s, .memory_max = kMemory});
  for (uint64_t i = 1; i <= 1000; ++i) {
    world.publish(i);
    if (i <= 100) continue;
    ASSERT_LE(world.oldest(), i - 100) << "what was captured 10 s before is there";
    ASSERT_GE(world.oldest() + 100 + FrameHistory::kGroupLength / kTestInterval, i);
  }
  EXPECT_EQ(world.history.frames(), world.newest() - world.oldest() + 1);
  EXPECT_EQ(world.history.held_length(),
            test_instant(world.newest()) - test_instant(world.oldest()));
  EXPECT_EQ(world.history.skipped(), 0u);
}

TEST(FrameHistoryTest, StoresSegmentsOnce) {
  HistoryWorld world({.length = 60s, .memory_max = kMemory});
  for (uint64_t i = 1; i <= 199; ++i) world.publish(i);
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  // A frame has 24 segments of which one or two change; 7 groups begin with a whole one.
  EXPECT_LT(world.history.held_bytes(), world.jpeg_bytes / 3 + 199 * sizeof(HistoryRecord) + page);
  EXPECT_EQ(world.history.frames(), 199u);
}

TEST(FrameHistoryTest, FrameInWhichNothingChangedCostsOnlyItsInfo) {
  HistoryWorld world({.length = 60s, .memory_max = kMemory});
  const FrameRing::Acquired acquired = world.ring.acquire();
  ASSERT_TRUE(acquired);
  for (uint64_t i = 1; i <= 20; ++i) world.publish(i);
  uint64_t quiet = 0;
  uint64_t loud = 0;
  for (uint64_t i = 21; i <= 199; ++i) {
    FrameInfo info = history_info(i);
    info.captured_at = info.encoded_at = test_instant(20);  // one group
    const uint64_t before = world.history.held_bytes();
    world.publish(info);
    (is_quiet(i) ? quiet : loud) += world.history.held_bytes() - before;
  }
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  EXPECT_LE(quiet + loud, 179 * (sizeof(HistoryRecord) + 120) + page);
  world.ring.abandon(acquired.place);
}

TEST(FrameHistoryTest, NeverHoldsMoreThanItsMemory) {
  HistoryWorld world({.length = 3600s, .memory_max = 256 << 10, .jpeg_max = 32 << 10});
  for (uint64_t i = 1; i <= 3000; ++i) {
    world.publish_undivided(history_info(i), 1000 + i * 37 % 9000);
    ASSERT_LE(world.history.held_bytes(), size_t{256 << 10});
    ASSERT_EQ(world.newest(), i);
    ASSERT_GE(world.history.frames(), std::min<uint64_t>(i, 10));
  }
  EXPECT_EQ(world.history.skipped(), 0u);
  EXPECT_GT(world.oldest(), 2900u);
}

TEST(FrameHistoryTest, SkipsFramesThatAreTooLarge) {
  HistoryWorld world({.length = 10s, .memory_max = kMemory, .jpeg_max = 5000});
  world.publish_undivided(history_info(1), 5000);
  world.publish_undivided(history_info(2), 5001);
  EXPECT_EQ(world.history.skipped(), 1u);
  world.publish(3);
  EXPECT_EQ(world.history.frames(), 2u);
  EXPECT_EQ(world.history.find_after(1)->sequence, 3u);
}

TEST(FrameHistoryTest, OneRecordHasASixteenthOfTheMemory) {
  FrameHistory history({.length = 10s, .memory_max = 64 << 10, .jpeg_max = 1 << 20});
  EXPECT_EQ(history.jpeg_max(), size_t{4 << 10});
  EXPECT_EQ(history.memory_max(), size_t{64 << 10});
}

TEST(FrameHistoryTest, TimesNeverDecreaseNorLieAhead) {
  HistoryWorld world({.length = 10s, .memory_max = kMemory});
  world.publish(10);
  FrameInfo back = history_info(11);
  back.captured_at = test_instant(3);  // a clock that was set
  world.publish(back);
  EXPECT_EQ(world.history.find_after(10)->at, test_instant(10));
  FrameInfo ahead = history_info(12);
  ahead.captured_at = test_instant(10'000);
  world.publish(ahead);
  EXPECT_EQ(world.history.find_after(11)->at, test_instant(12)) << "not after it was encoded";
  world.publish(13);
  EXPECT_EQ(world.history.find_after(12)->at, test_instant(13));
  EXPECT_EQ(world.history.frames(), 4u);
}

TEST(FrameHistoryTest, WhileSomebodyKeepsItNothingIsTooOld) {
  HistoryWorld world({.length = 2s, .memory_max = kMemory});
  for (uint64_t i = 1; i <= 60; ++i) world.publish(i);
  const uint64_t oldest = world.oldest();
  ASSERT_GT(oldest, 1u);
  world.history.keep();
  for (uint64_t i = 61; i <= 150; ++i) world.publish(i);
  EXPECT_EQ(world.oldest(), oldest);
  world.history.stop_keeping();
  world.publish(151);
  EXPECT_GT(world.oldest(), oldest);
}

TEST(FrameHistoryTest, KeepersDoNotExceedTheMemory) {
  HistoryWorld world({.length = 2s, .memory_max = 64 << 10});
  world.history.keep();
  for (uint64_t i = 1; i <= 500; ++i) world.publish_undivided(history_info(i), 3000);
  EXPECT_EQ(world.newest(), 500u);
  EXPECT_GT(world.oldest(), 400u);
  EXPECT_LE(world.history.held_bytes(), size_t{64 << 10});
  world.history.stop_keeping();
}

// There are only so many descriptions of groups.
TEST(FrameHistoryTest, KeepersDoNotExceedTheNumberOfGroups) {
  HistoryWorld world({.length = 3s, .memory_max = kMemory});
  world.history.keep();
  for (uint64_t i = 1; i <= 3000; i += 30) world.publish(i);
  EXPECT_EQ(world.newest(), 2971u);
  EXPECT_EQ(world.history.frames(), 25u);
  EXPECT_EQ(world.history.skipped(), 0u);
  world.history.stop_keeping();
}

TEST(FrameHistoryTest, AllocatesNothingWhileItRecords) {
  HistoryWorld world({.length = 10s, .memory_max = kMemory});
  const FrameRing::Acquired acquired = world.ring.acquire();
  ASSERT_TRUE(acquired);
  write_test_picture(acquired.place.jpeg.first(2000), 1);
  world.ring.publish(acquired.place, 2000, history_info(1));
  const FrameRef frame = world.ring.newer_than(0);
  const uint64_t before = forbidden_allocations();
  {
    const AllocationForbidden forbidden;
    world.history.append(*frame);
    EXPECT_TRUE(world.history.range());
  }
  EXPECT_EQ(forbidden_allocations(), before);
}

}  // namespace
}  // namespace fanlight
