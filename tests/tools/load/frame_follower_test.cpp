// SPDX-License-Identifier: Apache-2.0
#include "tools/load/frame_follower.h"

#include <gtest/gtest.h>

#include <memory>

namespace fanlight {
namespace {

constexpr Instant kNow = Instant(1000s);
constexpr Duration kWallOffset = 1'700'000'000s - 1000s;
constexpr int64_t kWallUs = 1'700'000'000'000'000;  // the wall clock at kNow

class FrameFollowerTest : public ::testing::Test {
 protected:
  FrameFollowerTest() : target_(parse_url("http://127.0.0.1:1/"), 2, {}) {
    shared_ = std::make_unique<LoadShared>(options_, target_);
    shared_->fast_viewers = 2;
    shared_->wall_offset = kWallOffset;
    open_window();
  }

  void open_window() { shared_->window_begin_ns.store(kNow.time_since_epoch().count()); }
  void close_window() { shared_->window_begin_ns.store(INT64_MAX); }

  void follow(FrameFollower& follower, std::optional<uint64_t> sequence,
              std::optional<int64_t> timestamp_us = std::nullopt, Instant now = kNow) {
    follower.follow({100, sequence, timestamp_us, false}, now, *shared_, tally_);
  }

  LoadOptions options_;
  Target target_;
  std::unique_ptr<LoadShared> shared_;
  LoadTally tally_;
  FrameFollower viewer_{ViewerKind::fast};
};

TEST_F(FrameFollowerTest, CountsFramesAndBytesInTotalAndInTheWindow) {
  close_window();
  follow(viewer_, 1);
  open_window();
  follow(viewer_, 2);
  EXPECT_EQ(tally_.frames.value(), 2u);
  EXPECT_EQ(tally_.bytes.value(), 200u);
  EXPECT_EQ(tally_.window_frames.value(), 1u);
  EXPECT_EQ(tally_.window_bytes.value(), 100u);
  EXPECT_EQ(viewer_.figures().frames, 1u);
}

TEST_F(FrameFollowerTest, FindsGapsRepeatsAndFallingSequences) {
  for (const uint64_t sequence : {10u, 11u, 14u, 14u, 13u, 14u}) follow(viewer_, sequence);
  EXPECT_EQ(viewer_.figures().gaps, 2u);
  EXPECT_EQ(tally_.repeats.value(), 1u);
  EXPECT_EQ(tally_.falling.value(), 1u);
  EXPECT_EQ(viewer_.figures().frames, 6u);
}

TEST_F(FrameFollowerTest, OutsideTheWindowOnlyFallingSequencesCount) {
  close_window();
  for (const uint64_t sequence : {10u, 20u, 20u, 5u}) follow(viewer_, sequence);
  EXPECT_EQ(viewer_.figures().gaps, 0u);
  EXPECT_EQ(tally_.repeats.value(), 0u);
  EXPECT_EQ(tally_.falling.value(), 1u);
}

TEST_F(FrameFollowerTest, NewConnectionMayBeginAnywhere) {
  follow(viewer_, 10);
  viewer_.begin_connection();
  follow(viewer_, 3);
  viewer_.begin_connection();
  follow(viewer_, 30);
  EXPECT_EQ(tally_.falling.value(), 0u);
  EXPECT_EQ(viewer_.figures().gaps, 0u);
}

TEST_F(FrameFollowerTest, AgeIsFromTimestampToNowExceptForRepeats) {
  follow(viewer_, 1, kWallUs - 20'000);
  follow(viewer_, 1, kWallUs - 20'000, kNow + 2s);
  EXPECT_EQ(tally_.fast_age.count(), 1u);
  EXPECT_NEAR(tally_.fast_age.percentile_ms(1).value(), 20, 0.2);
  FrameFollower slow(ViewerKind::slow);
  follow(slow, 1, kWallUs - 900'000);
  EXPECT_EQ(tally_.fast_age.count(), 1u);
  EXPECT_NEAR(tally_.slow_age.percentile_ms(1).value(), 900, 9);
}

TEST_F(FrameFollowerTest, IgnoresTimestampsOfAnotherClock) {
  follow(viewer_, 1, int64_t{4711} * 1'000'000);  // since boot
  follow(viewer_, 2, kWallUs + 10'000'000);       // ten seconds from now
  EXPECT_EQ(tally_.fast_age.count(), 0u);
  follow(viewer_, 3, kWallUs + 500);  // the clocks differ a little
  EXPECT_EQ(tally_.fast_age.percentile_ms(1), 0.0);
}

TEST_F(FrameFollowerTest, RankIsThePlaceAmongAllFastViewers) {
  FrameFollower second(ViewerKind::fast);
  FrameFollower slow(ViewerKind::slow);
  for (uint64_t sequence = 1; sequence <= 4; ++sequence) {
    follow(slow, sequence);
    follow(viewer_, sequence);
    follow(second, sequence);
  }
  EXPECT_EQ(viewer_.figures().ranks, 4u);
  EXPECT_EQ(viewer_.figures().rank_sum, 0);
  EXPECT_EQ(second.figures().rank_sum, 4);
  EXPECT_EQ(slow.figures().ranks, 0u);
}

TEST_F(FrameFollowerTest, WithoutSequencesTimestampsDistinguishFrames) {
  FrameFollower second(ViewerKind::fast);
  for (int64_t i = 1; i <= 3; ++i) {
    follow(viewer_, std::nullopt, i * 1000);
    follow(second, std::nullopt, i * 1000);
  }
  EXPECT_EQ(second.figures().rank_sum, 3);
  EXPECT_EQ(tally_.sequences.value(), 0u);
  follow(viewer_, std::nullopt, 3000);
  EXPECT_EQ(tally_.repeats.value(), 1u);
  follow(viewer_, std::nullopt, 2000);  // time may go back if nothing promises otherwise
  EXPECT_EQ(tally_.falling.value(), 0u);
}

TEST_F(FrameFollowerTest, WithoutBothFramesAreOnlyCounted) {
  for (int i = 0; i < 3; ++i) follow(viewer_, std::nullopt);
  EXPECT_EQ(viewer_.figures().frames, 3u);
  EXPECT_EQ(viewer_.figures().ranks, 0u);
  EXPECT_EQ(tally_.repeats.value(), 0u);
}

}  // namespace
}  // namespace fanlight
