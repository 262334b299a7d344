// SPDX-License-Identifier: Apache-2.0
#include "http/shard/shard.h"

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
  EXPECT_EQ(refused.body, "503 Service Unavailable: no room for another viewer\n");
  EXPECT_EQ(shard.stats().refused_full.value(), 1u);
  EXPECT_EQ(ask(shard, get("/snapshot")).status, 200);
  EXPECT_EQ(ask(shard, "HEAD /stream HTTP/1.1\r\nHost: sim\r\n\r\n").status, 200);

  leaves.close();
  shard.run_for(100ms);  // two frames, after which the close has been detected
  const SimViewer& next = shard.world.add({});
  shard.run_for(1s);
  EXPECT_EQ(next.status(), 200);
  EXPECT_GT(next.stream().frames, 10u);
  EXPECT_EQ(stays.stream().gaps, 0u);
  EXPECT_EQ(shard.state.admission.viewers(), 2u);
}

// Viewers that stop reading connect in pairs, one pair after another, each pair in a different
// frame, until the 16 places of a window of 2 are nearly used up.
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

TEST(Shard, ViewersOnWebSocketsNeedLittleMemory) {
  EXPECT_LE(Shard::kBytesPerWebSocket, 1'200u);
}

}  // namespace
}  // namespace fanlight
