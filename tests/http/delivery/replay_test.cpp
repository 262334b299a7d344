// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/replay.h"

#include <gtest/gtest.h>

#include "http/delivery/replay_places.h"
#include "tests/http/history_world.h"

namespace fanlight {
namespace {

// A history of ten seconds, and replays without clients.
struct ReplayTest : testing::Test {
  ReplayTest() { shard.run_for(10'050ms); }

  FrameHistory& history() { return *shard.world.history(); }
  ReplayPlaces& places() { return shard.shard.services().replays; }
  Instant now() { return shard.world.now(); }
  ReplayOptions last(Duration ago, ReplayPace pace = ReplayPace::original) {
    return {
        .first = *history().find_at(now() - ago), .last = *history().find_at(now()), .pace = pace};
  }

  ShardWorld shard{history_world()};
};

TEST_F(ReplayTest, FrameIsDueAsLongAfterTheFirstAsItWasCaptured) {
  Replay& replay = *places().make(history(), AddressTable::kNone);
  const Instant begun = now();
  const uint64_t first = shown(shard, 5s);
  ASSERT_TRUE(replay.begin(last(5s), begun));
  EXPECT_LE(replay.due_at(), begun) << "the first at once";
  replay.take(begun);
  EXPECT_EQ(replay.frame().sequence(), first);
  replay.advance();
  EXPECT_EQ(replay.due_at(), begun + 100ms);
  replay.take(begun + 99ms);
  EXPECT_EQ(replay.frame().sequence(), first) << "not yet";
  replay.take(begun + 100ms);
  EXPECT_EQ(replay.frame().sequence(), first + 1);
  EXPECT_EQ(replay.next_bytes(), history().find_after(first + 1)->jpeg_size);
  replay.release();
}

TEST_F(ReplayTest, LateClientGetsTheNewestThatIsDue) {
  Replay& replay = *places().make(history(), AddressTable::kNone);
  const Instant begun = now();
  const uint64_t first = shown(shard, 5s);
  ASSERT_TRUE(replay.begin(last(5s), begun));
  replay.take(begun);
  replay.advance();
  replay.take(begun + 2'050ms);
  EXPECT_EQ(replay.frame().sequence(), first + 20);
  replay.advance();
  EXPECT_EQ(replay.due_at(), begun + 2'100ms);
  replay.take(begun + 100s);
  EXPECT_EQ(replay.frame().sequence(), shown(shard, 0s)) << "nothing newer than the request";
  replay.advance();
  EXPECT_FALSE(replay.has_next());
  EXPECT_EQ(replay.due_at(), kNever);
  replay.release();
}

TEST_F(ReplayTest, AtTheFastestPaceEachFrameIsDueAtOnce) {
  Replay& replay = *places().make(history(), AddressTable::kNone);
  uint64_t sequence = shown(shard, 5s);
  ASSERT_TRUE(replay.begin(last(5s, ReplayPace::fastest), now()));
  for (; replay.has_next(); ++sequence) {
    ASSERT_LE(replay.due_at(), now());
    replay.take(now());
    ASSERT_EQ(replay.frame().sequence(), sequence);
    replay.advance();
  }
  EXPECT_EQ(sequence, shown(shard, 0s) + 1);
  replay.release();
}

TEST_F(ReplayTest, AtTheFastestPaceItEndsWhereFramesAreMissing) {
  SimWorldConfig config = history_world();
  config.history->memory_max = 128 << 10;
  ShardWorld small(config);
  small.run_for(10s);
  FrameHistory& scarce = *small.world.history();
  Replay& replay = *small.shard.services().replays.make(scarce, AddressTable::kNone);
  const HistoryRange range = *scarce.range();
  ASSERT_TRUE(
      replay.begin({.first = range.oldest, .last = range.newest, .pace = ReplayPace::fastest},
                   small.world.now()));
  replay.take(small.world.now());
  EXPECT_TRUE(replay.has_next());
  small.run_for(60s);
  replay.advance();
  EXPECT_FALSE(replay.has_next());
  EXPECT_EQ(replay.frame().sequence(), range.oldest.sequence) << "still what is being sent";
  replay.release();
}

TEST_F(ReplayTest, KeepsTheHistoryWhileItLasts) {
  Replay& replay = *places().make(history(), AddressTable::kNone);
  const uint64_t oldest = history().range()->oldest.sequence;
  shard.run_for(60s);
  EXPECT_EQ(history().range()->oldest.sequence, oldest);
  replay.release();
  shard.run_for(1s);
  EXPECT_GT(history().range()->oldest.sequence, oldest);
}

TEST_F(ReplayTest, DoesNotBeginWithAFrameThatIsForgotten) {
  const ReplayOptions options = last(10s);
  shard.run_for(60s);
  Replay& replay = *places().make(history(), AddressTable::kNone);
  EXPECT_FALSE(replay.begin(options, now()));
  replay.release();
}

}  // namespace
}  // namespace fanlight
