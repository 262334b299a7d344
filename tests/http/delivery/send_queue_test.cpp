// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/send_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "http/delivery/channel.h"
#include "http/delivery/viewer.h"
#include "tests/core/frame_ring_helper.h"
#include "tests/http/calm_world.h"
#include "tests/http/delivery/idle_sink.h"
#include "tests/sim/shard_world.h"

namespace fanlight {
namespace {

constexpr size_t kFrameBytes = 20'000;

ServerConfig wire_of(uint64_t bits_per_second, double min_fps = 0.5) {
  ServerConfig config;
  config.admission.viewers_max = 2000;
  config.wire = {.bits_per_second = bits_per_second, .min_fps = min_fps, .origin = "test"};
  return config;
}

// Frames of one size that fit into 95 % of the rate in a second.
double frames_per_second(uint64_t bits_per_second) {
  return double(bits_per_second) / 8 * Wire::kShare / double(bytes_on_wire(kFrameBytes + 170));
}

std::vector<uint64_t> frames_of(const SimWorld& world) {
  std::vector<uint64_t> frames;
  for (const auto& viewer : world.viewers()) frames.push_back(viewer->stream().frames);
  return frames;
}

TEST(SendQueue, FullWireIsSharedEvenlyAndFullyUsed) {
  constexpr uint64_t kRate = 100'000'000;
  constexpr size_t kViewers = 200;  // 584 frames a second: 2.9 for each, of 30
  ShardWorld shard(calm_world(30, kFrameBytes), wire_of(kRate));
  for (size_t i = 0; i < kViewers; ++i) shard.world.add({});
  shard.run_for(5s);
  const std::vector<uint64_t> before = frames_of(shard.world);
  const uint64_t sent_before = shard.channel_stats().frames_sent.value();
  shard.run_for(60s);
  const auto sent = double(shard.channel_stats().frames_sent.value() - sent_before);
  EXPECT_NEAR(sent, frames_per_second(kRate) * 60, 0.01 * sent);
  std::vector<uint64_t> got = frames_of(shard.world);
  for (size_t i = 0; i < kViewers; ++i) got[i] -= before[i];
  const auto [least, most] = std::minmax_element(got.begin(), got.end());
  EXPECT_LE(*most - *least, 1u) << "of " << *most;
  EXPECT_EQ(shard.world.complaints(), "");
}

// Most viewers have the last frame when the next one is published, and some still wait for it.
TEST(SendQueue, WaitingViewersKeepTheirTurn) {
  ShardWorld shard(calm_world(30, kFrameBytes), wire_of(100'000'000));
  for (size_t i = 0; i < 28; ++i) shard.world.add({});  // they want 840 of 584 frames a second
  shard.run_for(5s);
  const std::vector<uint64_t> before = frames_of(shard.world);
  shard.run_for(60s);
  std::vector<uint64_t> got = frames_of(shard.world);
  for (size_t i = 0; i < got.size(); ++i) got[i] -= before[i];
  const auto [least, most] = std::minmax_element(got.begin(), got.end());
  EXPECT_GT(*least, 1000u);
  EXPECT_LE(*most - *least, 2u) << "of " << *most;
}

// Every frame is the newest when its send begins: with the wire spread over the interval its age is
// half an interval on average, and never more than one interval plus the transmission time.
TEST(SendQueue, WaitingViewerGetsTheNewestFrame) {
  ShardWorld shard(calm_world(30, kFrameBytes), wire_of(50'000'000));
  for (size_t i = 0; i < 100; ++i) shard.world.add({});
  shard.run_for(10s);
  const Histogram& age = shard.channel_stats().frame_age;
  ASSERT_GT(age.count(), 2'000u);
  EXPECT_LE(to_seconds(age.sum()) / double(age.count()), 0.020);
  for (const auto& viewer : shard.world.viewers()) {
    EXPECT_LE(shard.world.worst_age(*viewer), 33'334us + 5ms);
  }
}

TEST(SendQueue, NoViewerLosesFramesBelowTheLimit) {
  constexpr uint64_t kRate = 100'000'000;  // 584 frames a second
  ShardWorld shard(calm_world(30, kFrameBytes), wire_of(kRate));
  for (size_t i = 0; i < 15; ++i) shard.world.add({});  // they want 450
  shard.run_for(10s);
  for (const auto& viewer : shard.world.viewers()) EXPECT_EQ(viewer->stream().gaps, 0u);
  EXPECT_EQ(shard.channel_stats().frames_skipped.value(), 0u);
}

TEST(SendQueue, RatesFallSmoothlyUntilViewersAreRefused) {
  constexpr uint64_t kRate = 20'000'000;  // 116 frames a second
  ShardWorld shard(calm_world(30, kFrameBytes), wire_of(kRate, 1.0));
  const SimViewer& first = shard.world.add({});
  shard.run_for(2s);
  uint64_t before = first.stream().frames;
  EXPECT_NEAR(double(before), 60, 3);
  for (const size_t viewers : {10u, 50u, 100u}) {
    while (shard.world.viewers().size() < viewers) shard.world.add({});
    shard.run_for(2s);
    before = first.stream().frames;
    shard.run_for(10s);
    const double fps = double(first.stream().frames - before) / 10;
    EXPECT_NEAR(fps, frames_per_second(kRate) / double(viewers), 0.2) << viewers << " viewers";
  }
  while (shard.world.viewers().size() < 200) shard.world.add({});
  shard.run_for(2s);
  const auto streams = static_cast<double>(shard.channel_stats().viewers.value());
  EXPECT_NEAR(streams, frames_per_second(kRate) / 1.0, 2);
  EXPECT_EQ(shard.stats().refused_wire.value(), 200 - shard.channel_stats().viewers.value());
  EXPECT_EQ(shard.world.viewers().back()->status(), 503);
}

// Whatever the size of the frames, the shard's other work waits for about the same time.
TEST(SendQueue, LoopIterationIsBoundedByItsWork) {
  constexpr size_t kViewers = 600;
  ServerConfig config;
  config.admission.viewers_max = kViewers;
  for (const size_t frame_bytes : {1'000u, 20'000u, 100'000u}) {
    SimWorldConfig world = calm_world(10, frame_bytes);
    world.faults.submission_queue = 1024;  // all requests of a loop iteration in one submission
    ShardWorld shard(world, config);
    SimScript script;
    script.link.send_buffer = 1 << 20;  // every frame is one request
    for (size_t i = 0; i < kViewers; ++i) shard.world.add(script);
    shard.run_for(2s);
    uint64_t most = 0;
    const SimCounts& counts = shard.world.backend().counts();
    shard.world.run_for(1s, [&] {
      const uint64_t before = counts.requests;
      const bool running = shard.shard.turn(kNever);
      most = std::max(most, counts.requests - before);
      return running;
    });
    const size_t work = SendQueue::kWorkPerSend + frame_bytes;
    const size_t sends = std::min(kViewers, (SendQueue::kWorkPerTurn + work - 1) / work);
    EXPECT_NEAR(double(most), double(sends), 0.02 * double(sends)) << frame_bytes;
  }
}

TEST(SendQueue, LocalViewersAreNotDelayed) {
  ShardWorld shard(calm_world(30, kFrameBytes), wire_of(10'000'000));
  for (size_t i = 0; i < 40; ++i) shard.world.add({});
  SimScript local;
  local.link.peer = PeerAddress{.bytes = {}, .is_local = true};
  local.request = "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const SimViewer& viewer = shard.world.add(local);
  shard.run_for(10s);
  EXPECT_EQ(viewer.stream().gaps, 0u);
  EXPECT_GE(viewer.stream().frames, 298u);
}

// Snapshots are not delayed, but their bytes are deducted from the streams.
TEST(SendQueue, SnapshotsShareTheWire) {
  constexpr uint64_t kRate = 20'000'000;
  ShardWorld shard(calm_world(30, kFrameBytes), wire_of(kRate));
  for (size_t i = 0; i < 50; ++i) shard.world.add({});
  shard.run_for(2s);
  const uint64_t before = shard.stats().bytes_sent.value();
  for (int i = 0; i < 100; ++i) {
    SimScript snapshot;
    snapshot.request = get("/snapshot", "Connection: close\r\n");
    snapshot.connect_after = i * 50ms;
    shard.world.add(snapshot);
  }
  shard.run_for(10s);
  const auto bytes = double(shard.stats().bytes_sent.value() - before);
  EXPECT_LE(bytes, double(kRate) / 8 * Wire::kShare * 10 * 1.01);
}

// Shards divide the wire in proportion to their waiting viewers.
TEST(SendQueue, ShardsShareInProportionToTheirViewers) {
  constexpr uint64_t kRate = 100'000'000;
  Wire wire({.bits_per_second = kRate}, 2);
  const Duration time = wire.time_for(kFrameBytes);
  // Two send queues, with 300 and 100 viewers that always wait.
  uint64_t granted[2] = {};
  Instant free_at[2] = {};
  wire.set_waiting(0, 300);
  wire.set_waiting(1, 100);
  const double share[2] = {400.0 / 300, 400.0 / 100};
  for (Instant now{1h}; now < Instant{1h} + 20s; now += 500us) {
    for (int i : {0, 1}) {
      while (SendQueue::take_part(wire, free_at[i], time, share[i], now)) ++granted[i];
    }
  }
  EXPECT_NEAR(double(granted[0]) / double(granted[1]), 3.0, 0.02);
  EXPECT_NEAR(double(granted[0] + granted[1]) * to_seconds(time), 20, 0.1);
}

TEST(SendQueue, APartIsFreeFromTheMomentOn) {
  const Instant now{1h};
  for (const Duration early : {0ns, 1ns}) {
    Wire wire({.bits_per_second = 100'000'000}, 1);
    Instant free_at = now;
    EXPECT_EQ(SendQueue::take_part(wire, free_at, 1ms, 1, now - early), early == 0ns);
  }
}

// One of four viewers that wait, and the only one of its shard: that has a quarter of the wire.
TEST(SendQueue, AShardThatHasHadItsPartWaits) {
  Wire wire({.bits_per_second = 10'000'000}, 2);
  wire.set_waiting(1, 3);
  FrameRing ring({.window = 8, .jpeg_capacity = 64 << 10, .memory_limit = 8 << 20});
  ChannelStats stats;
  const std::string camera = "cam";
  Channel channel(ring, stats, camera);
  IdleSink sink;
  const Instant now{1h};
  SendQueue queue(&wire, 0);
  Viewer viewer(sink, channel, {.paced = true}, now);
  ASSERT_TRUE(publish_picture(ring, 1, kFrameBytes) && channel.refresh());
  const Duration time = wire.time_for(channel.newest()->plain_part().size());
  ASSERT_GT(time, 2ms);
  queue.settle(viewer, now);
  EXPECT_EQ(queue.serve(now), kNever);
  ASSERT_TRUE(viewer.is_sending());
  viewer.finish_frame(now);
  ASSERT_TRUE(publish_picture(ring, 2, kFrameBytes) && channel.refresh());
  queue.settle(viewer, now);
  // What has not been used counts, up to two frames less the one that was taken.
  EXPECT_EQ(queue.serve(now), now - Wire::depth(time) + time + 4 * time);
  EXPECT_FALSE(viewer.is_sending());
  queue.withdraw(viewer);
}

// The kernel is calm, so that frames arrive in the order in which their sends began.
TEST(SendQueue, ServingOrderRotates) {
  constexpr size_t kViewers = 50;
  constexpr uint64_t kFrames = 500;
  std::vector<double> ranks(kViewers);
  uint64_t current = 0;
  uint64_t frames = 0;
  size_t rank = 0;
  ShardWorld shard(calm_world(30, 5'000));
  for (size_t i = 0; i < kViewers; ++i) {
    shard.world.add({}).set_on_frame([&, i](uint64_t sequence) {
      if (sequence <= 1) return;  // the first frame is sent to viewers as they connect
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

}  // namespace
}  // namespace fanlight
