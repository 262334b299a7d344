// SPDX-License-Identifier: Apache-2.0
#include "http/channel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

SimWorldConfig calm(double fps) {
  SimWorldConfig config;
  config.camera.fps = fps;
  config.camera.size_min = config.camera.size_max = 5'000;
  return config;
}

// The kernel is calm, so that frames arrive in the order in which they were begun.
TEST(Channel, OrderOfServingRotates) {
  constexpr size_t kViewers = 50;
  constexpr uint64_t kFrames = 500;
  ShardWorld shard(calm(30));
  std::vector<double> ranks(kViewers);
  uint64_t current = 0;
  uint64_t frames = 0;
  size_t rank = 0;
  for (size_t i = 0; i < kViewers; ++i) {
    shard.world.add({}).set_on_frame([&, i](uint64_t sequence) {
      if (sequence <= 1) return;  // that one is served as they come
      if (sequence != current) {
        EXPECT_TRUE(current == 0 || rank == kViewers);
        current = sequence;
        rank = 0;
        ++frames;
      }
      if (frames <= kFrames) ranks[i] += double(rank);
      ++rank;
    });
  }
  ASSERT_TRUE(shard.run_until([&] { return frames > kFrames; }, 60s));
  constexpr double kMiddle = (kViewers - 1) / 2.0;
  for (size_t i = 0; i < kViewers; ++i) {
    EXPECT_NEAR(ranks[i] / kFrames, kMiddle, 0.1 * kMiddle) << "viewer " << i;
  }
}

// Places that are held while `viewers` have stopped reading in the middle of the same frame: the
// new frame, the one before it until the shard has seen the new one, and theirs.
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

TEST(Channel, HoldsAFrameOnceWhateverTheViewers) {
  EXPECT_EQ(places_held(0), 2u);
  EXPECT_EQ(places_held(1), 3u);
  EXPECT_EQ(places_held(200), 3u);
}

}  // namespace
}  // namespace fanlight
