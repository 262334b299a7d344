// SPDX-License-Identifier: Apache-2.0
// The hard problem of ARCHITECTURE.md, tested by simulation: a thousand slow viewers, each at a
// different pace, alongside a hundred fast ones, on a ring with a window of 8.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/random.h"
#include "tests/sim/shard_world.h"

namespace fanlight {
namespace {

constexpr uint64_t kSeed = 7;
constexpr size_t kFrameBytes = 100'000;
constexpr double kSlowest = 2'000;
constexpr double kFastest = 200'000;

SimWorldConfig slow_config(double fps) {
  SimWorldConfig config;
  config.seed = kSeed;
  config.ring = {.window = 8, .jpeg_capacity = 128 << 10, .memory_limit = 16 << 20};
  config.camera.fps = fps;
  config.camera.size_min = config.camera.size_max = kFrameBytes;
  return config;
}

struct Slow {
  double bytes_per_second;
  SimViewer* viewer;
};

// `count` viewers at rates log-uniform from kSlowest to kFastest that connect within `over`.
std::vector<Slow> add_slow(SimWorld& world, int count, Duration over) {
  Random random(kSeed);
  std::vector<Slow> slow;
  for (int i = 0; i < count; ++i) {
    const double rate = random.log_uniform(kSlowest, kFastest);
    SimScript script;
    script.connect_after = from_seconds(to_seconds(over) * random.unit());
    script.read_rate = rate;
    // What a kernel queues for a slow peer with TCP_NOTSENT_LOWAT, and a small receive buffer.
    script.link = {.send_buffer = 32 << 10, .receive_window = 16 << 10};
    slow.push_back({rate, &world.add(script)});
  }
  return slow;
}

TEST(SlowViewers, ThousandShareAFewPlacesAndCostFastOnesNothing) {
  constexpr Duration kRun = 120s;
  ServerConfig server;
  server.admission.viewers_max = 2000;
  ShardWorld shard(slow_config(10), server);
  std::vector<SimViewer*> fast;
  for (int i = 0; i < 100; ++i) {
    SimScript script;
    script.parse = i % 20 == 0;  // the others are checked by the server's counters
    fast.push_back(&shard.world.add(script));
  }
  const std::vector<Slow> slow = add_slow(shard.world, 1000, 20s);
  shard.run_for(kRun);

  EXPECT_EQ(shard.world.complaints(), "");
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
  EXPECT_EQ(shard.stats().evicted_memory.value(), 0u);
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 0u);
  EXPECT_EQ(shard.world.ring().stats().dropped_no_place.value(), 0u);
  EXPECT_EQ(shard.channel_stats().viewers.value(), 1100u);
  for (const SimViewer* viewer : fast) {
    EXPECT_EQ(viewer->end(), SimEnd::open);
    EXPECT_EQ(viewer->stream().gaps, 0u);
  }
  // Every slow viewer gets what its connection carries: at its pace, in whole frames, indefinitely.
  double worst = 1;
  for (const Slow& one : slow) {
    EXPECT_EQ(one.viewer->end(), SimEnd::open);
    const double seconds = to_seconds(shard.world.now() - one.viewer->connected_at());
    const double possible = std::min(one.bytes_per_second * seconds, 10 * seconds * kFrameBytes);
    worst = std::min(worst, double(one.viewer->bytes()) / possible);
  }
  EXPECT_GT(worst, 0.9);
  // The stated bound: every frame of a window, half a window for each doubling of age down to the
  // slowest viewer's (50 s, 500 intervals), and the share for newcomers.
  const size_t most = shard.world.camera().most_pinned_places();
  EXPECT_LE(most, shard.world.ring().places());
  EXPECT_LE(shard.world.ring().touched_bytes(), 64u * (kFrameBytes + 8192));
  RecordProperty("most_places", static_cast<int>(most));
  fmt::print("most places held: {} of {}, {} KiB; worst share of its line: {:.3f}\n", most,
             shard.world.ring().places(), shard.world.ring().touched_bytes() >> 10, worst);
}

}  // namespace
}  // namespace fanlight
