// SPDX-License-Identifier: Apache-2.0
#include "http/shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

SimWorldConfig calm(double fps = 30, size_t frame_bytes = 5'000) {
  SimWorldConfig config;
  config.camera.fps = fps;
  config.camera.size_min = config.camera.size_max = frame_bytes;
  return config;
}

ServerConfig places(size_t viewers) {
  ServerConfig config;
  config.admission.viewers_max = viewers;
  return config;
}

TEST(Shard, MaxViewersRefusesStreamsAndNothingElse) {
  ShardWorld shard(calm(), places(2));
  SimViewer& leaves = shard.world.add({});
  SimViewer& stays = shard.world.add({});
  shard.run_for(1s);
  const ParsedResponse refused = ask(shard, get("/stream"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "5");
  EXPECT_EQ(refused.body, "503 Service Unavailable: all places for viewers are taken\n");
  EXPECT_EQ(shard.stats().refused_full.value(), 1u);
  EXPECT_EQ(ask(shard, get("/snapshot")).status, 200);
  EXPECT_EQ(ask(shard, "HEAD /stream HTTP/1.1\r\nHost: sim\r\n\r\n").status, 200);

  leaves.close();
  shard.run_for(100ms);  // two frames, after which that has been noticed
  const SimViewer& next = shard.world.add({});
  shard.run_for(1s);
  EXPECT_EQ(next.status(), 200);
  EXPECT_GT(next.stream().frames, 10u);
  EXPECT_EQ(stays.stream().gaps, 0u);
  EXPECT_EQ(shard.state.admission.viewers(), 2u);
}

// Pairs of viewers who stop reading come one after the other, each pair into a frame of its own,
// until the 16 places of a window of 2 are nearly used up.
TEST(Shard, AFullRingCostsOnlyTheViewersOfTheOldestFrame) {
  SimWorldConfig config = calm(10, 20'000);
  config.ring.window = 2;
  ServerConfig server;
  server.viewer_stall_timeout = 1h;
  ShardWorld shard(config, server);
  const SimViewer& fast = shard.world.add({});
  SimScript script;
  script.stall_after = 5'000;
  script.link = {.send_buffer = 4 << 10, .receive_window = 4 << 10};
  std::vector<SimViewer*> stalled;
  while (shard.stats().evicted_memory.value() == 0) {
    ASSERT_LT(stalled.size(), 40u);
    stalled.push_back(&shard.world.add(script));
    stalled.push_back(&shard.world.add(script));
    shard.run_for(9s);
  }
  EXPECT_GE(stalled.size(), 2 * 11u);
  const uint64_t evicted = shard.stats().evicted_memory.value();
  EXPECT_EQ(evicted, 2u);
  for (size_t i = 0; i < stalled.size(); ++i) {
    EXPECT_EQ(stalled[i]->end(), i < evicted ? SimEnd::reset : SimEnd::open) << "viewer " << i;
  }
  EXPECT_EQ(fast.end(), SimEnd::open);
  EXPECT_EQ(fast.stream().gaps, 0u);
  EXPECT_EQ(shard.world.ring().stats().dropped_no_place.value(), 0u);
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 0u);
  EXPECT_EQ(shard.world.complaints(), "");
}

TEST(Shard, HealthyWhileItTurns) {
  ShardWorld shard(calm());
  const ParsedResponse response = ask(shard, get("/healthz"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok\n");
}

TEST(Shard, ReportsAnotherShardThatHangs) {
  SimWorld world(calm());
  ServerState state({}, {{"cam", "simulated", &world.ring()}}, 2, world.backend().wall_now());
  state.shards_with_connections = 1;  // the other one will not take part in the end
  const std::array<int, 1> listeners = {world.listener()};
  const auto turned = [&](Instant at) {
    state.links[1]->stats.turned_at_ns.set(uint64_t(at.time_since_epoch().count()));
  };
  turned(world.now());
  Shard shard(state, 0, world.backend(), listeners);
  shard.start();
  const SimWorld::Turn turn = [&] { return shard.turn(kNever); };
  world.run_for(4s, turn);
  EXPECT_EQ(shard.why_unhealthy(), "");
  world.run_for(2s, turn);
  EXPECT_EQ(shard.why_unhealthy(), "shard 1 hangs");
  turned(world.now());
  EXPECT_EQ(shard.why_unhealthy(), "");
  state.stopping = true;
  state.wake_all();
  world.run_for(5s, turn);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Shard, NotReadyBeforeTheFirstFrame) {
  SimWorldConfig config = calm();
  config.camera.drop = 1;
  ShardWorld shard(config);
  const ParsedResponse response = ask(shard, get("/readyz"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "503 Service Unavailable: cam: has given no picture yet\n");
}

TEST(Shard, NotReadyWhileSlatesAreShown) {
  SimWorldConfig config = calm();
  config.camera.lost_at = 3s;
  config.camera.lost_for = 3s;
  ShardWorld shard(config);
  shard.run_for(1s);
  EXPECT_EQ(ask(shard, get("/readyz")).status, 200);
  shard.run_for(4s);
  const ParsedResponse lost = ask(shard, get("/readyz"));
  EXPECT_EQ(lost.status, 503);
  EXPECT_EQ(lost.body, "503 Service Unavailable: cam: lost: simulated\n");
  EXPECT_EQ(ask(shard, get("/healthz")).status, 200);
  shard.run_for(3s);
  EXPECT_EQ(ask(shard, get("/readyz")).status, 200);
}

// Late is what is older than 2 s and than three intervals.
TEST(Shard, NotReadyWhenThePictureIsStale) {
  for (const double fps : {30.0, 0.5}) {
    SCOPED_TRACE(fps);
    const Duration limit = std::max<Duration>(2s, from_seconds(3 / fps));
    ShardWorld shard(calm(fps));
    shard.run_for(10ms);
    shard.world.camera().stop();
    shard.run_for(limit - 100ms);
    EXPECT_EQ(ask(shard, get("/readyz")).status, 200);
    shard.run_for(200ms);
    const ParsedResponse stale = ask(shard, get("/readyz"));
    EXPECT_EQ(stale.status, 503);
    EXPECT_EQ(stale.body, "503 Service Unavailable: cam: has given no fresh picture\n");
  }
}

TEST(Shard, ReadyWithAnOldPictureOfACameraThatMayBeSilent) {
  ShardWorld shard(calm());
  shard.run_for(10ms);
  shard.world.ring().stats().may_be_silent.set(1);
  shard.world.camera().stop();
  shard.run_for(60s);
  EXPECT_EQ(ask(shard, get("/readyz")).status, 200);
}

TEST(Shard, ReadyWhileTheCameraIsStoppedBecauseNobodyWatches) {
  SimWorldConfig config = calm();
  config.camera.idles_unwatched = true;
  ShardWorld shard(config);
  shard.run_for(60s);
  EXPECT_EQ(ask(shard, get("/readyz")).status, 200);
}

}  // namespace
}  // namespace fanlight
