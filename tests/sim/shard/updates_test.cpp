// SPDX-License-Identifier: Apache-2.0
// Updates from a whole shard: whatever happens, each client shows the picture of the frame that it
// was sent last. `simulation_test --seed=N` repeats a seed.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/random.h"
#include "tests/http/calm_world.h"
#include "tests/sim/update_client.h"

namespace fanlight {
namespace {

ServerConfig server_config() {
  ServerConfig config;
  config.viewer_stall_timeout = 5s;
  return config;
}

SimWorldConfig divided_world(double fps = 10) {
  SimWorldConfig config = calm_world(fps, 3'000);
  config.camera.segments = true;
  return config;
}

TEST(Updates, ViewerThatKeepsUpGetsWhatChanged) {
  ShardWorld shard(divided_world(), server_config());
  {
    UpdateClient client(shard);
    shard.run_for(29'950ms);
    EXPECT_EQ(client.check(), "");
    // The first frame, which was not divided yet; the first divided one; the first of each epoch.
    EXPECT_EQ(client.whole(), 2 + shard.world.camera().last_sequence() / kTestEpoch);
    const ChannelStats& stats = shard.channel_stats();
    EXPECT_EQ(client.updates(), stats.updates_sent.value());
    EXPECT_EQ(client.whole() + client.updates(), stats.frames_sent.value());
    EXPECT_EQ(stats.frames_sent.value() + stats.frames_unchanged.value(),
              shard.world.camera().published());
    EXPECT_GT(stats.frames_unchanged.value(), 50u) << "frames in which nothing changed";
    EXPECT_EQ(stats.frames_skipped.value(), 0u);
    EXPECT_GT(stats.bytes_spared.value(), stats.update_bytes.value());
  }
  expect_nothing_left(shard);
}

TEST(Updates, ViewersOfAnyPaceShowWhatTheyWereSent) {
  SimWorldConfig config = divided_world(30);
  ShardWorld shard(config, server_config());
  {
    std::vector<std::unique_ptr<UpdateClient>> clients;
    for (const char* target :
         {"/ws?segments=1", "/ws?segments=1&fps=7", "/ws?segments=1&fps=0.8"}) {
      clients.push_back(std::make_unique<UpdateClient>(shard, target));
      for (double rate : {2'000.0, 5'000.0, 20'000.0}) {
        clients.push_back(std::make_unique<UpdateClient>(
            shard, target, SimLink{.send_buffer = 4'000, .bytes_per_second = rate}));
      }
    }
    shard.run_for(60s);
    for (const auto& client : clients) {
      EXPECT_EQ(client->check(), "");
      EXPECT_GT(client->updates(), 5u);
      EXPECT_GE(client->sequence() + 400, shard.world.camera().last_sequence());
    }
  }
  expect_nothing_left(shard);
}

// One that hears nothing cannot tell whether the server is alive.
TEST(Updates, SilenceEndsWithAnEmptyUpdate) {
  ShardWorld shard(divided_world(0.4), server_config());
  {
    UpdateClient client(shard);
    shard.run_for(59s);
    EXPECT_EQ(client.check(), "");
    EXPECT_GE(client.empty_updates(), 15u) << "every 2.5 s a frame, which may be quiet";
    const ChannelStats& stats = shard.channel_stats();
    EXPECT_EQ(client.empty_updates(), stats.updates_empty.value());
    EXPECT_EQ(stats.frames_skipped.value(), 0u);
    // Each picture counts once: as sent, with its age, or as unchanged.
    EXPECT_EQ(stats.frame_age.count() + stats.frames_unchanged.value(),
              shard.world.camera().published());
    EXPECT_EQ(stats.frames_sent.value(), stats.frame_age.count() + stats.frames_repeated.value());
    EXPECT_GE(client.sequence() + 1, shard.world.camera().last_sequence());
  }
  expect_nothing_left(shard);
}

TEST(Updates, SlatesAreWholeAndSoIsTheFrameAfterThem) {
  SimWorldConfig config = divided_world();
  config.camera.lost_at = 3s;
  config.camera.lost_for = 4s;
  ShardWorld shard(config, server_config());
  {
    UpdateClient client(shard);
    shard.run_for(5s);
    EXPECT_EQ(client.check(), "");
    EXPECT_GE(client.slates(), 2u);
    const size_t updates = client.updates();
    shard.run_for(5s);
    EXPECT_EQ(client.check(), "");
    EXPECT_GT(client.updates(), updates + 10);
  }
  expect_nothing_left(shard);
}

TEST(Updates, CamerasOnOneSocketAreUpdatedApart) {
  constexpr size_t kCameras = 5;
  ShardWorld shard(divided_world(), server_config(), nullptr, kCameras);
  {
    UpdateClient slow(shard, "/ws?segments=1&cameras=*",
                      {.send_buffer = 4'000, .bytes_per_second = 8'000});
    UpdateClient fast(shard, "/ws?segments=1&cameras=cam-3,cam");
    shard.run_for(30s);
    EXPECT_EQ(slow.check(), "");
    EXPECT_EQ(fast.check(), "");
    EXPECT_GT(fast.updates(), 300u);
    for (size_t i = 0; i < kCameras; ++i) {
      const std::string name = i == 0 ? "cam" : "cam-" + std::to_string(i);
      EXPECT_GE(slow.sequence(name) + 30, shard.world.camera().last_sequence()) << name;
    }
  }
  expect_nothing_left(shard);
}

// What the camera last showed to others is not what this client has.
TEST(Updates, ViewerOfACameraThatWasIdleBeginsWithAWholeFrame) {
  SimWorldConfig config = divided_world(2);
  config.camera.idles_unwatched = true;
  ShardWorld shard(config, server_config());
  for (int i = 0; i < 20; ++i) {
    UpdateClient client(shard);
    shard.run_for(3s);
    EXPECT_EQ(client.check(), "") << i;
    EXPECT_GE(client.whole(), 1u) << i;
    client.raw().close();
    shard.run_for(300ms);
  }
  expect_nothing_left(shard);
}

// Both get the same picture, which exists once.
TEST(Updates, OtherViewersGetDividedFramesWhole) {
  ShardWorld shard(divided_world(), server_config());
  {
    const SimViewer& stream = shard.world.add({});
    UpdateClient client(shard);
    UpdateClient plain(shard, "/ws");
    shard.run_for(10s);
    EXPECT_EQ(client.check(), "");
    EXPECT_EQ(plain.check(), "");
    EXPECT_EQ(plain.updates(), 0u);
    EXPECT_GE(plain.whole(), 99u);
    EXPECT_GE(stream.stream().frames, 99u);
    EXPECT_EQ(stream.violation(), "");
  }
  expect_nothing_left(shard);
}

TEST(Updates, FramesAreDividedOnlyWhileSomebodyWatchesUpdates) {
  ShardWorld shard(divided_world(), server_config());
  {
    UpdateClient plain(shard, "/ws");
    {
      UpdateClient client(shard);
      shard.run_for(2s);
      EXPECT_TRUE(shard.world.ring().wants_segments());
      EXPECT_FALSE(shard.world.ring().newer_than(0)->segments().empty());
    }
    shard.run_for(2s);
    EXPECT_FALSE(shard.world.ring().wants_segments());
    EXPECT_TRUE(shard.world.ring().newer_than(0)->segments().empty());
    EXPECT_EQ(plain.check(), "");
  }
  expect_nothing_left(shard);
}

TEST(Updates, CameraThatCannotBeDividedIsSentWhole) {
  ShardWorld shard(calm_world(), server_config());
  {
    UpdateClient client(shard);
    shard.run_for(5s);
    EXPECT_EQ(client.check(), "");
    EXPECT_GE(client.whole(), 49u);
    EXPECT_EQ(client.updates(), 0u);
  }
  expect_nothing_left(shard);
}

TEST(Updates, ViewerThatStallsIsClosedAndCostsTheOthersNothing) {
  ShardWorld shard(divided_world(), server_config());
  {
    UpdateClient fast(shard);
    std::vector<std::unique_ptr<UpdateClient>> stalled;
    for (int i = 0; i < 20; ++i) {
      stalled.push_back(std::make_unique<UpdateClient>(
          shard, "/ws?segments=1", SimLink{.send_buffer = 2'000, .receive_window = 2'000}));
      shard.run_for(300ms);
      stalled.back()->raw().set_reading(false);
    }
    shard.run_for(20s);
    EXPECT_EQ(fast.check(), "");
    EXPECT_EQ(shard.stats().evicted_stalled.value(), stalled.size());
    EXPECT_EQ(shard.channel_stats().viewers.value(), 1u);
    EXPECT_GE(fast.sequence() + 10, shard.world.camera().last_sequence());
  }
  expect_nothing_left(shard);
}

// Everything at once, with a kernel and a network that fail.
TEST(Updates, HoldInEveryWorld) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    SimWorldConfig config = divided_world(random.log_uniform(1, 60));
    config.seed = seed;
    if (seed % 4 != 0) config.faults = SimFaults::swarm(random);
    config.ring.window = size_t{2} << random.below(4);
    config.camera.jitter = random.chance(0.5) ? 0.3 : 0;
    config.camera.encode_max = random.chance(0.3) ? 100ms : 0ms;
    config.camera.drop = random.chance(0.3) ? 0.1 : 0;
    config.camera.abandon = random.chance(0.3) ? 0.1 : 0;
    if (random.chance(0.3)) {
      config.camera.lost_at = 3s;
      config.camera.lost_for = 2s;
    }
    config.camera.idles_unwatched = random.chance(0.3);
    ShardWorld shard(config, server_config());
    {
      std::vector<std::unique_ptr<UpdateClient>> clients;
      for (size_t i = 2 + random.below(8); i > 0; --i) {
        const char* const targets[] = {"/ws?segments=1", "/ws?segments=1&fps=3", "/ws"};
        const SimLink link = random.chance(0.5)
                                 ? SimLink{}
                                 : SimLink{.bytes_per_second = random.log_uniform(500, 50'000)};
        clients.push_back(std::make_unique<UpdateClient>(shard, targets[random.below(3)], link));
        shard.run_for(from_seconds(random.unit()));
        if (random.chance(0.2)) clients.erase(clients.begin());
      }
      shard.run_for(10s);
      for (const auto& client : clients) {
        // A kernel without descriptors.
        if (client->check().starts_with("HTTP/1.1 503 ")) continue;
        ASSERT_EQ(client->check(), "");
      }
    }
    expect_nothing_left(shard);
  }
}

}  // namespace
}  // namespace fanlight
