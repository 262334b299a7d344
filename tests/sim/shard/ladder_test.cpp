// SPDX-License-Identifier: Apache-2.0
// Viewers of a ladder: who is moved, when, and who is not.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/sim/shard_world.h"

namespace fanlight {
namespace {

constexpr size_t kTopBytes = 60'000;
constexpr double kFps = 10;

// Three rungs of 600, 200 and 60 KB/s.
SimWorldConfig ladder_config() {
  SimWorldConfig config;
  config.camera.fps = kFps;
  config.camera.size_min = config.camera.size_max = kTopBytes;
  config.rung_bytes = {20'000, 6'000};
  return config;
}

SimScript on_line(double bytes_per_second, const std::string& target = "/stream") {
  SimScript script;
  script.request = get(target);
  // What a kernel queues for a slow peer with TCP_NOTSENT_LOWAT, and a small receive buffer.
  script.link = {
      .send_buffer = 32 << 10, .receive_window = 16 << 10, .bytes_per_second = bytes_per_second};
  return script;
}

std::array<uint64_t, 3> viewers_by_rung(ShardWorld& shard) {
  const auto& viewers = shard.channel_stats().rung_viewers;
  return {viewers[0].value(), viewers[1].value(), viewers[2].value()};
}

using ByRung = std::array<uint64_t, 3>;

struct LadderTest : testing::Test {
  ShardWorld shard{ladder_config()};

  uint64_t moves() { return shard.channel_stats().rung_moves.value(); }
  ~LadderTest() override { expect_nothing_left(shard); }
};

TEST_F(LadderTest, NobodyMovesOnAFastLine) {
  std::vector<SimViewer*> viewers;
  for (int i = 0; i < 5; ++i) viewers.push_back(&shard.world.add(on_line(5e6)));
  shard.run_for(120s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{5, 0, 0}));
  EXPECT_EQ(moves(), 0u);
  for (const SimViewer* viewer : viewers) EXPECT_EQ(viewer->stream().gaps, 0u);
  EXPECT_EQ(shard.world.ladder().published(0), 0u) << "nothing is encoded while unwatched";
  EXPECT_EQ(shard.world.ladder().published(1), 0u);
}

TEST_F(LadderTest, GoesDownWithinAFewSeconds) {
  const SimViewer& viewer = shard.world.add(on_line(150e3));
  shard.run_for(4s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{0, 1, 0}));
  EXPECT_EQ(viewer.stream().repeats, 0u);
  EXPECT_EQ(shard.channel_stats().viewers.value(), 1u);
}

TEST_F(LadderTest, GoesDownTwoRungsWithinAFewSeconds) {
  shard.world.add(on_line(70e3));
  shard.run_for(8s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{0, 0, 1}));
}

// Of a picture in 4 s, the first move can only follow that one.
TEST_F(LadderTest, GoesDownAfterOneFrameThatTakesLong) {
  shard.world.add(on_line(15e3));
  shard.run_for(8s);
  EXPECT_NE(viewers_by_rung(shard), (ByRung{1, 0, 0}));
}

TEST_F(LadderTest, StaysThereWithoutFlapping) {
  SimViewer& viewer = shard.world.add(on_line(150e3));
  shard.run_for(10s);
  const uint64_t before = moves();
  const uint64_t frames = viewer.stream().frames;
  shard.run_for(300s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{0, 1, 0}));
  EXPECT_EQ(moves() - before, 0u) << "rung 1 alone takes all of the line";
  EXPECT_GE(viewer.stream().frames - frames, 0.7 * 300 * kFps);
}

// The frames of rung 1 fit into the kernel's queue, so the line looks fast.
TEST_F(LadderTest, TriesALargerRungSeldom) {
  shard.world.add(on_line(250e3));
  Duration on_top{0};
  Instant top_since = shard.world.now();
  bool was_on_top = true;
  const Instant begun = shard.world.now();
  while (shard.world.now() < begun + 600s) {
    shard.run_for(500ms);
    const bool is_on_top = viewers_by_rung(shard)[0] == 1;
    if (is_on_top && !was_on_top) top_since = shard.world.now();
    if (!is_on_top && was_on_top) on_top += shard.world.now() - top_since;
    was_on_top = is_on_top;
  }
  EXPECT_LE(moves(), 1u + 2 * 4) << "after 30, 60, 120 and 240 s";
  EXPECT_LT(on_top, 20s);
}

TEST_F(LadderTest, ComesBackWhenTheLineRecovers) {
  SimViewer& viewer = shard.world.add(on_line(70e3));
  shard.run_for(10s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{0, 0, 1}));
  viewer.set_line(5e6);
  shard.run_for(33s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{0, 1, 0}));
  shard.run_for(33s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{1, 0, 0}));
  const uint64_t moved = moves();
  shard.run_for(120s);
  EXPECT_EQ(moves(), moved);
  viewer.set_line(70e3);
  shard.run_for(10s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{0, 0, 1}));
}

TEST_F(LadderTest, APinnedRungIsKept) {
  const SimViewer& top = shard.world.add(on_line(150e3, "/stream?rung=0"));
  const SimViewer& lowest = shard.world.add(on_line(5e6, "/stream?rung=2"));
  const SimViewer& fitting = shard.world.add(on_line(5e6, "/stream?size=640x400"));
  shard.run_for(120s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{1, 1, 1}));
  EXPECT_EQ(moves(), 0u);
  EXPECT_LT(top.stream().frames, 0.5 * 120 * kFps);
  EXPECT_EQ(lowest.stream().gaps, 0u);
  EXPECT_EQ(fitting.stream().gaps, 0u);
  // The same numbers in every rung.
  EXPECT_GE(lowest.stream().last_sequence + 1, shard.world.camera().last_sequence());
  EXPECT_GE(fitting.stream().last_sequence + 1, shard.world.camera().last_sequence());
}

TEST_F(LadderTest, ARelayIsNotMoved) {
  SimScript script = on_line(150e3);
  script.request = get("/stream", "User-Agent: fanlight\r\n");
  shard.world.add(script);
  shard.run_for(60s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{1, 0, 0}));
}

TEST_F(LadderTest, FewerPicturesByChoiceAreNoThinLine) {
  shard.world.add(on_line(150e3, "/stream?fps=1"));
  shard.run_for(120s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{1, 0, 0}));
}

TEST_F(LadderTest, LeavesARungThatIsWithheldAndReturnsToThePinnedOne) {
  FrameRing& rung = *shard.world.ladder().rings()[0];
  const SimViewer& pinned = shard.world.add(on_line(5e6, "/stream?rung=1"));
  shard.run_for(5s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{0, 1, 0}));
  rung.set_withheld(true);
  shard.run_for(3s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{1, 0, 0}));
  rung.set_withheld(false);
  shard.run_for(3s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{0, 1, 0}));
  EXPECT_LT(pinned.longest_silence(), 2s);
}

TEST_F(LadderTest, ARungThatGivesNothingIsLeftForLong) {
  shard.world.ladder().break_down();
  const SimViewer& viewer = shard.world.add(on_line(150e3));
  shard.run_for(120s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{1, 0, 0}));
  EXPECT_LE(moves(), 1u);
  EXPECT_LT(viewer.longest_silence(), 3s);
  EXPECT_GT(viewer.stream().frames, 200u);
}

TEST_F(LadderTest, AFrameEndsTheStreamThatMovedJustNow) {
  const SimViewer& viewer = shard.world.add(on_line(150e3));
  EXPECT_TRUE(shard.run_until([&] { return viewers_by_rung(shard)[1] == 1; }, 10s));
  EXPECT_LT(shard.stop(), 5s);
  EXPECT_EQ(viewer.end(), SimEnd::finished);
}

TEST_F(LadderTest, ManyViewersOfAllPacesEndWhereTheirLinesCarry) {
  std::vector<SimViewer*> viewers;
  for (int i = 0; i < 60; ++i) {
    const double rate = i % 3 == 0 ? 5e6 : i % 3 == 1 ? 190e3 : 70e3;
    viewers.push_back(&shard.world.add(on_line(rate)));
  }
  shard.run_for(25s);
  EXPECT_EQ(viewers_by_rung(shard), (ByRung{20, 20, 20}));
  EXPECT_EQ(shard.stats().evicted_memory.value(), 0u);
  shard.world.viewers().front()->close();
}

}  // namespace
}  // namespace fanlight
