// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/channel.h"

#include <gtest/gtest.h>

#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

SimWorldConfig calm(double fps) {
  SimWorldConfig config;
  config.camera.fps = fps;
  config.camera.size_min = config.camera.size_max = 5'000;
  return config;
}

// Places that are held after `viewers` have stopped reading in the middle of the same frame: the
// new frame, the one before it until the shard has seen the new one, and the viewers' frame.
uint64_t places_held(size_t viewers) {
  SimWorldConfig config = calm(10);
  config.camera.size_min = config.camera.size_max = 100'000;
  ServerConfig server;
  server.viewer_stall_timeout = 1min;
  ShardWorld shard(config, server);
  SimScript script;
  script.stall_after = 10'000;
  script.link = {.send_buffer = 4 << 10, .receive_window = 4 << 10};
  for (size_t i = 0; i < viewers; ++i) shard.world.add(script);
  shard.run_for(3s);
  EXPECT_EQ(shard.channel_stats().viewers.value(), viewers);
  EXPECT_EQ(shard.channel_stats().frames_sent.value(), 0u);
  return shard.world.ring().pinned_places();
}

TEST(Channel, PinsAFrameOnceForAllViewers) {
  EXPECT_EQ(places_held(0), 2u);
  EXPECT_EQ(places_held(1), 3u);
  EXPECT_EQ(places_held(200), 3u);
}

}  // namespace
}  // namespace fanlight
