// SPDX-License-Identifier: Apache-2.0
#include "http/report/health.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

SimWorldConfig calm(double fps = 30, size_t frame_bytes = 5'000) {
  SimWorldConfig config;
  config.camera.fps = fps;
  config.camera.size_min = config.camera.size_max = frame_bytes;
  return config;
}

TEST(Health, HealthyWhileItTurns) {
  ShardWorld shard(calm());
  const ParsedResponse response = ask(shard, get("/healthz"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok\n");
}

TEST(Health, ReportsAnotherShardThatHangs) {
  SimWorld world(calm());
  ServerState state({}, {{"cam", "simulated", &world.ring()}}, 2, world.backend().wall_now());
  state.shards_with_connections = 1;  // the other one takes no part in the stop
  const std::array<ListeningSocket, 1> listeners = {{{world.listener()}}};
  const auto turned = [&](Instant at) {
    state.links[1]->stats.turned_at_ns.set(uint64_t(at.time_since_epoch().count()));
  };
  turned(world.now());
  std::array<char, kHealthReasonBytesMax> room;
  Shard shard(state, 0, world.backend(), listeners);
  shard.start();
  const SimWorld::Turn turn = [&] { return shard.turn(kNever); };
  world.run_for(4s, turn);
  EXPECT_EQ(why_unhealthy(shard.services(), room), "");
  world.run_for(2s, turn);
  EXPECT_EQ(why_unhealthy(shard.services(), room), "shard 1 hangs");
  turned(world.now());
  EXPECT_EQ(why_unhealthy(shard.services(), room), "");
  state.stopping = true;
  state.wake_all();
  world.run_for(5s, turn);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Health, NotReadyBeforeTheFirstFrame) {
  SimWorldConfig config = calm();
  config.camera.drop = 1;
  ShardWorld shard(config);
  const ParsedResponse response = ask(shard, get("/readyz"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "503 Service Unavailable: cam: no picture yet\n");
}

TEST(Health, NotReadyWhileSlatesAreShown) {
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

// A picture is late if it is older than both 2 s and three intervals.
TEST(Health, NotReadyWhenThePictureIsStale) {
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
    EXPECT_EQ(stale.body, "503 Service Unavailable: cam: no fresh picture\n");
  }
}

TEST(Health, ReadyWithAnOldPictureOfACameraThatMayBeSilent) {
  ShardWorld shard(calm());
  shard.run_for(10ms);
  shard.world.ring().set_activity(CaptureActivity::silent);
  shard.world.camera().stop();
  shard.run_for(60s);
  EXPECT_EQ(ask(shard, get("/readyz")).status, 200);
}

TEST(Health, ReadyWhileTheCameraIsStoppedBecauseNobodyWatches) {
  SimWorldConfig config = calm();
  config.camera.idles_unwatched = true;
  ShardWorld shard(config);
  shard.run_for(60s);
  EXPECT_EQ(ask(shard, get("/readyz")).status, 200);
}

}  // namespace
}  // namespace fanlight
