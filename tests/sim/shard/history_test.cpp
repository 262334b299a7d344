// SPDX-License-Identifier: Apache-2.0
// Replays from a whole shard: /stream?from= on the simulated kernel, without allocation.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/http/history_world.h"

namespace fanlight {
namespace {

struct Arrival {
  uint64_t sequence;
  Instant at;
};

// Owns: a client of /stream?from=, and when it got which frame. Destroyed before the shard stops.
class ReplayClient {
 public:
  ReplayClient(ShardWorld& shard, SimScript script)
      : shard_(shard), viewer_(shard.world.add(std::move(script))) {
    viewer_.set_on_frame([this](uint64_t sequence) {
      arrivals_.push_back({sequence, shard_.world.now()});
    });
  }
  ~ReplayClient() { viewer_.set_on_frame(nullptr); }

  const std::vector<Arrival>& arrivals() const { return arrivals_; }
  SimViewer& viewer() { return viewer_; }

 private:
  ShardWorld& shard_;
  SimViewer& viewer_;
  std::vector<Arrival> arrivals_;
};

TEST(HistoryStream, PlaysAtTheOriginalPaceThenIsLive) {
  ShardWorld shard(history_world());
  shard.run_for(20'050ms);
  const uint64_t first = shown(shard, 10s);
  const uint64_t newest = shown(shard, 0s);
  const Instant asked = shard.world.now();
  {
    ReplayClient client(shard, {.request = get("/stream?from=-10s")});
    shard.run_for(30s);
    const std::vector<Arrival>& got = client.arrivals();
    ASSERT_GT(got.size(), 250u);
    const size_t replayed = newest - first + 1;
    for (size_t i = 0; i < replayed; ++i) {
      ASSERT_EQ(got[i].sequence, first + i);
      const Duration since = shard.world.camera().published_at(got[i].sequence) -
                             shard.world.camera().published_at(first);
      EXPECT_GE(got[i].at, asked + since);
      EXPECT_LE(got[i].at, asked + since + 20ms);
    }
    // The newest frame follows at once, and then each as it comes.
    EXPECT_LE(got[replayed].at, asked + 10'150ms);
    for (size_t i = replayed; i < got.size(); ++i) {
      const uint64_t before = i == replayed ? got[i].sequence - 1 : got[i - 1].sequence;
      EXPECT_EQ(got[i].sequence, before + 1);
      EXPECT_LE(got[i].at, shard.world.camera().published_at(got[i].sequence) + 150ms);
    }
    EXPECT_EQ(got.back().sequence, shard.world.camera().last_sequence());
    EXPECT_EQ(client.viewer().stream().repeats, 0u);
  }
  EXPECT_EQ(shard.channel_stats().frames_skipped.value(), 0u);
  EXPECT_EQ(shard.channel_stats().frames_repeated.value(), 0u);
  expect_nothing_left(shard);
}

TEST(HistoryStream, OfNowIsJustLive) {
  ShardWorld shard(history_world());
  shard.run_for(5'050ms);
  {
    ReplayClient client(shard, {.request = get("/stream?from=0s")});
    shard.run_for(5s);
    EXPECT_EQ(client.viewer().stream().gaps, 0u);
    EXPECT_EQ(client.viewer().stream().last_sequence, shard.world.camera().last_sequence());
  }
  expect_nothing_left(shard);
}

TEST(HistoryStream, SlowClientSkipsFramesAndKeepsThePace) {
  ShardWorld shard(history_world());
  shard.run_for(20'050ms);
  const Instant asked = shard.world.now();
  const uint64_t newest = shown(shard, 0s);
  {
    ReplayClient client(shard, {.request = get("/stream?from=-10s"),
                                .read_rate = 4'000,
                                .link = {.send_buffer = 2048, .receive_window = 2048}});
    shard.run_for(20s);
    size_t late = 0;
    for (const Arrival& arrival : client.arrivals()) {
      if (arrival.sequence > newest) break;
      const Duration age = arrival.at - shard.world.camera().published_at(arrival.sequence);
      late += age > 12s;
    }
    EXPECT_EQ(late, 0u);
    EXPECT_GT(client.viewer().stream().gaps, 20u);
    ASSERT_FALSE(client.arrivals().empty());
    EXPECT_GT(client.arrivals().back().sequence, newest);
    EXPECT_GE(client.arrivals().back().at, asked + 18s);
  }
  EXPECT_EQ(shard.world.ring().stats().reclaims.value(), 0u);
  expect_nothing_left(shard);
}

TEST(HistoryStream, TakesTheOtherParametersOfAStream) {
  ShardWorld shard(history_world());
  shard.run_for(20'050ms);
  SimViewer& few = shard.world.add({.request = get("/stream?from=-10s&fps=2")});
  SimViewer& three = shard.world.add({.request = get("/stream?from=-10s&frames=3")});
  SimViewer& advance = shard.world.add({.request = get("/stream?from=-10s&advance_headers=1")});
  SimViewer& seed = shard.world.add({.request = get("/video_feed?from=-10s")});
  shard.run_for(5s);
  EXPECT_NEAR(double(few.stream().frames), 10, 1);
  EXPECT_EQ(three.stream().frames, 3u);
  EXPECT_TRUE(three.stream().closed);
  EXPECT_EQ(three.end(), SimEnd::finished);
  for (SimViewer* viewer : {&advance, &seed}) {
    EXPECT_NEAR(double(viewer->stream().frames), 50, 2);
  }
  EXPECT_EQ(seed.stream().gaps, 0u);
  EXPECT_TRUE(advance.stream().advance);
  expect_nothing_left(shard);
  for (SimViewer* viewer : {&advance, &seed, &few}) {
    EXPECT_TRUE(viewer->stream().closed) << "the end of the server is the end of the stream";
    EXPECT_EQ(viewer->end(), SimEnd::finished);
  }
}

// A gap in the history is one in the stream; dashboards give up after a silence of ten seconds.
TEST(HistoryStream, IsNeverSilent) {
  ShardWorld shard(history_world(60s, 0.2));
  shard.run_for(40s);
  {
    ReplayClient client(shard, {.request = get("/stream?from=-30s")});
    shard.run_for(28s);
    EXPECT_LE(client.viewer().longest_silence(), 2s);
    EXPECT_GE(client.viewer().stream().repeats, 8u);
    EXPECT_EQ(client.viewer().stream().gaps, 0u);
  }
  expect_nothing_left(shard);
}

// The client's time, not the history's: what it has yet to be sent is kept.
TEST(HistoryStream, KeepsWhatItHasYetToPlay) {
  ShardWorld shard(history_world(5s));
  shard.run_for(20'050ms);
  const uint64_t newest = shown(shard, 0s);
  {
    ReplayClient client(shard, {.request = get("/stream?from=-5s")});
    shard.run_for(4'800ms);
    EXPECT_EQ(client.viewer().stream().gaps, 0u);
    EXPECT_LE(client.viewer().stream().last_sequence, newest);
    EXPECT_GE(client.viewer().stream().last_sequence + 3, newest);
  }
  expect_nothing_left(shard);
}

TEST(HistoryStream, ContinuesWithWhatIsLeftWhenMemoryIsShort) {
  SimWorldConfig config = history_world(60s);
  config.history->memory_max = 64 << 10;
  ShardWorld shard(config);
  shard.run_for(30s);
  {
    const Duration oldest = shard.world.now() - shard.world.history()->range()->oldest.at;
    const double seconds = to_seconds(oldest) - 0.2;
    ReplayClient client(shard, {.request = get("/stream?from=-" + std::to_string(seconds) + "s"),
                                .read_rate = 500,
                                .link = {.send_buffer = 1024, .receive_window = 1024}});
    shard.run_for(60s);
    EXPECT_GT(client.arrivals().size(), 5u);
  }
  expect_nothing_left(shard);
}

// Whatever the network does, replays end, and nothing is left.
TEST(HistoryStream, SurvivesEveryFault) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    SimWorldConfig config =
        history_world(from_seconds(random.log_uniform(1, 20)), random.log_uniform(1, 40));
    config.seed = seed;
    config.faults = SimFaults::swarm(random);
    config.camera.segments = random.chance(0.5);
    config.camera.lost_at = random.chance(0.3) ? Duration(3s) : Duration::max();
    config.camera.lost_for = 3s;
    if (random.chance(0.3)) config.history->memory_max = 64 << 10;
    ServerConfig server;
    server.viewer_stall_timeout = 5s;
    ShardWorld shard(config, server);
    shard.run_for(5s);
    for (int i = 0; i < 20; ++i) {
      static const std::vector<std::string> kTargets = {
          "/stream?from=-1s",     "/stream?from=-4s",      "/clip.mjpeg",
          "/snapshot?at=-1s",     "/stream?from=-9s",      "/stream?from=-0.3s",
          "/clip.mjpeg?from=-2s", "/stream?from=-2s&fps=3"};
      SimScript script{.request = get(kTargets[random.below(kTargets.size())])};
      script.connect_after = from_seconds(random.unit() * 5);
      if (random.chance(0.4)) script.read_rate = random.log_uniform(300, 100'000);
      if (random.chance(0.2)) script.close_at = from_seconds(random.unit() * 8);
      if (random.chance(0.1)) script.stall_after = random.below(20'000);
      if (random.chance(0.1)) script.reset_after = random.below(20'000);
      if (random.chance(0.1)) script.half_close = true;
      script.link.send_buffer = size_t{1} << (10 + random.below(8));
      script.link.receive_window = size_t{1} << (10 + random.below(8));
      shard.world.add(script);
    }
    shard.run_for(15s);
    expect_nothing_left(shard);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace fanlight
