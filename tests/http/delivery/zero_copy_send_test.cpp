// SPDX-License-Identifier: Apache-2.0
// Zero-copy sends of a whole shard: which frames are pinned, for how long, and what releases them.
#include "http/delivery/zero_copy_send.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

constexpr size_t kFrameBytes = 30'000;

// In a ring without slow viewers: the newest frame, and the previous one until the shards know.
constexpr uint64_t kPlacesAtRest = 2;

SimWorldConfig world_config(const SimFaults& faults = {}) {
  SimWorldConfig config;
  config.faults = faults;
  config.camera.fps = 30;
  config.camera.size_min = config.camera.size_max = kFrameBytes;
  return config;
}

ServerConfig server_config(ZeroCopyMode mode = ZeroCopyMode::on) {
  ServerConfig config;
  config.zero_copy = mode;
  config.viewer_stall_timeout = 5s;
  return config;
}

TEST(ZeroCopySends, SendsOnlyFramesWithZeroCopy) {
  ShardWorld shard(world_config(), server_config());
  SimViewer& viewer = shard.world.add({});
  shard.run_for(5s);
  EXPECT_EQ(ask(shard, get("/snapshot")).body.size(), kFrameBytes);
  EXPECT_EQ(viewer.stream().gaps, 0u);
  EXPECT_GT(viewer.stream().frames, 140u);
  // The last notification may still be outstanding.
  EXPECT_LE(shard.stats().sent_zero_copy.value() - shard.world.backend().counts().zero_copies, 1u);
  EXPECT_EQ(shard.stats().sent_zero_copy.value(), shard.channel_stats().frames_sent.value());
  EXPECT_EQ(shard.stats().zero_copy_copied.value(), 0u);
  expect_nothing_left(shard);
}

TEST(ZeroCopySends, ReportsFigures) {
  SimFaults faults;
  faults.zero_copy_copied = 1;
  faults.zero_copy_no_memory = 0.5;
  ShardWorld shard(world_config(faults), server_config());
  shard.world.add({.close_at = 2s});
  shard.run_for(3s);
  const ShardStats& stats = shard.stats();
  EXPECT_EQ(stats.sent_zero_copy.value(), stats.zero_copy_copied.value());
  const std::string state = ask(shard, get("/api/v1/state")).body;
  const std::string metrics = ask(shard, get("/metrics")).body;
  for (const auto& [name, counter] :
       {std::pair<std::string, const Counter*>{"sent_zero_copy", &stats.sent_zero_copy},
        {"zero_copy_copied", &stats.zero_copy_copied},
        {"zero_copy_refused", &stats.zero_copy_refused}}) {
    const std::string value = std::to_string(counter->value());
    EXPECT_GT(counter->value(), 10u) << name;
    EXPECT_NE(state.find("\"" + name + "\":" + value + ","), std::string::npos) << state;
    EXPECT_NE(metrics.find("fanlight_" + name + "_total " + value), std::string::npos) << metrics;
  }
  expect_nothing_left(shard);
}

// The acknowledgement arrives a round trip later, three frames at this rate; no send waits for it.
TEST(ZeroCopySends, RoundTripTimeCostsNoFrames) {
  SimWorldConfig config = world_config();
  config.camera.size_min = config.camera.size_max = 17'000;
  ShardWorld shard(config, server_config());
  SimLink far;
  far.latency = 100ms;
  far.send_buffer = far.receive_window = 1 << 20;
  SimViewer& viewer = shard.world.add({.link = far});
  shard.run_for(5s);
  EXPECT_EQ(viewer.stream().gaps, 0u);
  EXPECT_GT(viewer.stream().frames, 130u);
  EXPECT_GT(shard.stats().sent_zero_copy.value(), 130u);
  expect_nothing_left(shard);
}

// The simulated kernel checks the bytes again when it is done with them, and fails if a place is
// written too early. This tests that places are indeed held until then, and released.
TEST(ZeroCopySends, FrameIsPinnedUntilItsNotification) {
  for (const ZeroCopyMode mode : {ZeroCopyMode::off, ZeroCopyMode::on}) {
    ShardWorld shard(world_config(), server_config(mode));
    SimLink far;
    far.latency = 500ms;
    far.send_buffer = far.receive_window = 4 << 20;
    shard.world.add({.link = far});
    uint64_t pinned_most = 0;
    for (int i = 0; i < 30; ++i) {
      shard.run_for(100ms);
      pinned_most = std::max(pinned_most, shard.world.ring().pinned_places());
    }
    if (mode == ZeroCopyMode::off) {
      EXPECT_LE(pinned_most, kPlacesAtRest);
    } else {
      // Half a second is 15 frames; those beyond the ring's window of 8 are copied.
      EXPECT_GE(pinned_most, kPlacesAtRest + 6);
      EXPECT_LE(pinned_most, kPlacesAtRest + 8);
    }
    expect_nothing_left(shard);
  }
}

TEST(ZeroCopySends, StalledViewerIsEvictedAndItsPinsReleased) {
  ShardWorld shard(world_config(), server_config());
  SimScript script;
  script.stall_after = 100'000;
  SimViewer& stalled = shard.world.add(script);
  SimViewer& vanished = shard.world.add({.cut_at = 2s});
  SimViewer& fast = shard.world.add({});
  shard.run_for(4s);
  EXPECT_GT(shard.world.ring().pinned_places(), kPlacesAtRest);
  EXPECT_EQ(stalled.end(), SimEnd::open);
  shard.run_for(8s);
  EXPECT_EQ(stalled.end(), SimEnd::reset);
  EXPECT_EQ(vanished.end(), SimEnd::open) << "nothing arrives";
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 2u);
  EXPECT_EQ(shard.stats().connections_open.value(), 1u);
  EXPECT_LE(shard.world.ring().pinned_places(), kPlacesAtRest);
  EXPECT_EQ(fast.stream().gaps, 0u);
  expect_nothing_left(shard);
}

// A socket may queue a hundred frames for a viewer that reads slowly, or not at all. They must not
// fill the ring: the camera continues, and viewers that make progress are kept.
TEST(ZeroCopySends, DeepQueuesDoNotFillTheRing) {
  SimWorldConfig config = world_config();
  config.ring.window = 4;
  ShardWorld shard(config, server_config());
  SimLink deep;
  deep.send_buffer = 4 << 20;
  SimScript stalled;
  stalled.link = deep;
  stalled.stall_after = 100'000;
  shard.world.add(stalled);
  SimScript slow;
  slow.link = deep;
  slow.link.bytes_per_second = 300'000;
  SimViewer& slow_viewer = shard.world.add(slow);
  SimViewer& fast = shard.world.add({});
  for (int i = 0; i < 40; ++i) {
    shard.run_for(500ms);
    EXPECT_LE(shard.world.ring().pinned_places(), kPlacesAtRest + 2 * 4 + 2);
  }
  EXPECT_EQ(shard.world.ring().stats().dropped_no_place.value(), 0u);
  EXPECT_EQ(shard.stats().evicted_memory.value(), 0u);
  EXPECT_EQ(slow_viewer.end(), SimEnd::open);
  EXPECT_EQ(fast.stream().gaps, 0u);
  expect_nothing_left(shard);
}

// Memory for two frames only, and one of them waits in a socket: its viewer must release it,
// although the send in flight is of a newer one.
TEST(ZeroCopySends, FullRingReclaimsFramesFromSockets) {
  SimWorldConfig config = world_config();
  config.ring.memory_limit = 3 * (32 << 10);
  ShardWorld shard(config, server_config());
  SimScript stalled;
  stalled.link.send_buffer = 4 << 20;
  stalled.stall_after = 100'000;
  SimViewer& viewer = shard.world.add(stalled);
  shard.run_for(3s);
  EXPECT_EQ(shard.stats().evicted_memory.value(), 1u);
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 0u);
  EXPECT_EQ(viewer.end(), SimEnd::reset);
  EXPECT_LE(shard.world.ring().pinned_places(), kPlacesAtRest);
  expect_nothing_left(shard);
}

// When the server stops, a viewer that has stopped reading is disconnected as well.
TEST(ZeroCopySends, StopIsPromptWithOutstandingNotifications) {
  ShardWorld shard(world_config(), server_config());
  SimScript script;
  script.stall_after = 100'000;
  shard.world.add(script);
  shard.run_for(3s);
  EXPECT_LE(shard.stop(), 2s);
  EXPECT_EQ(shard.world.leftovers(), "");
}

// The peer ends its half of the connection while our last bytes wait for its acknowledgement, and
// then sends nothing more: an orderly close would leave them pinned.
TEST(ZeroCopySends, HalfClosedStalledPeerPinsNothing) {
  ShardWorld shard(world_config(), server_config());
  SimLink link;
  link.receive_window = 16'000;
  RawClient client(shard, link);
  client.send(get("/stream?frames=2"));
  client.set_reading(false);
  shard.run_for(500ms);
  EXPECT_EQ(shard.stats().sent_zero_copy.value(), 1u) << "the last frame has a tail";
  EXPECT_EQ(shard.channel_stats().frames_sent.value(), 2u);
  client.end_writing();
  shard.run_for(10s);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  EXPECT_LE(shard.world.ring().pinned_places(), kPlacesAtRest);
  expect_nothing_left(shard);
}

TEST(ZeroCopySends, AutomaticModeTurnsOffIfTheKernelCopies) {
  SimFaults faults;
  faults.zero_copy_copied = 1;
  ShardWorld shard(world_config(faults), server_config(ZeroCopyMode::automatic));
  SimViewer& viewer = shard.world.add({});
  shard.run_for(20s);
  EXPECT_GT(shard.stats().zero_copy_copied.value(), ZeroCopy::kCopiedMax);
  EXPECT_LE(shard.stats().sent_zero_copy.value(), uint64_t{ZeroCopy::kTrialSends});
  EXPECT_EQ(viewer.stream().gaps, 0u);
  expect_nothing_left(shard);
}

TEST(ZeroCopySends, AutomaticModeContinuesWithoutCopiesButNotLocally) {
  ShardWorld shard(world_config(), server_config(ZeroCopyMode::automatic));
  SimLink local;
  local.peer = ipv4_peer(0x7f000001);
  shard.world.add({.link = local});
  shard.run_for(5s);
  EXPECT_EQ(shard.stats().sent_zero_copy.value(), 0u);
  SimViewer& remote = shard.world.add({});
  shard.run_for(10s);
  EXPECT_EQ(shard.stats().sent_zero_copy.value(), remote.stream().frames);
  EXPECT_GT(remote.stream().frames, 4 * uint64_t{ZeroCopy::kTrialSends});
  expect_nothing_left(shard);
}

TEST(ZeroCopySends, RefusedSendsAreRepeatedWithoutZeroCopy) {
  SimFaults faults;
  faults.zero_copy_no_memory = 0.3;
  for (const ZeroCopyMode mode : {ZeroCopyMode::automatic, ZeroCopyMode::on}) {
    ShardWorld shard(world_config(faults), server_config(mode));
    SimViewer& viewer = shard.world.add({});
    shard.run_for(10s);
    EXPECT_EQ(viewer.stream().gaps, 0u);
    EXPECT_GT(viewer.stream().frames, 290u);
    if (mode == ZeroCopyMode::automatic) {
      EXPECT_EQ(shard.stats().zero_copy_refused.value(), 1u) << "it turns itself off";
    } else {
      EXPECT_GT(shard.stats().zero_copy_refused.value(), 50u);
      EXPECT_GT(shard.stats().sent_zero_copy.value(), 150u);
    }
    expect_nothing_left(shard);
  }
}

TEST(ZeroCopySends, IsNotUsedWithoutReportsFromTheKernel) {
  SimFaults faults;
  faults.zero_copy_reports = false;
  for (const ZeroCopyMode mode : {ZeroCopyMode::automatic, ZeroCopyMode::on}) {
    ShardWorld shard(world_config(faults), server_config(mode));
    SimViewer& viewer = shard.world.add({});
    shard.run_for(2s);
    EXPECT_EQ(viewer.stream().gaps, 0u);
    EXPECT_EQ(shard.stats().sent_zero_copy.value(), 0u);
    EXPECT_EQ(shard.stats().zero_copy_refused.value(), 0u);
    expect_nothing_left(shard);
  }
}

}  // namespace
}  // namespace fanlight
