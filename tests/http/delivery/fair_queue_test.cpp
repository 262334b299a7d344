// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/fair_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/delivery/frame_sink.h"
#include "http/delivery/viewer.h"
#include "tests/http/calm_world.h"
#include "tests/sim/update_client.h"

namespace fanlight {
namespace {

constexpr Duration kNoPatience = 1h;
constexpr Instant kNow{1000s};

struct NoSink final : FrameSink {
  bool is_sending() const noexcept override { return false; }
  void send_frame(Viewer&, const Piece&) noexcept override {}
  void ensure_timer(Instant) noexcept override {}
};

// Viewers of which each always waits for a frame of one size.
struct FairQueueTest : testing::Test {
  FrameRing ring{{.window = 2, .jpeg_capacity = 1000, .memory_limit = 1 << 20}};
  ChannelStats stats;
  const std::string camera = "cam";
  Channel channel{ring, stats, camera};
  NoSink sink;
  FairQueue queue;
  std::deque<Viewer> viewers;

  ~FairQueueTest() override {
    while (!queue.empty()) queue.remove(queue.front(kNoPatience, kNow));
  }
  Viewer& add() { return viewers.emplace_back(sink, channel, ViewerOptions{}, kNow); }
  // The one that is served; it waits again.
  Viewer& serve(const std::map<Viewer*, size_t>& sizes, Duration patience = kNoPatience,
                Instant now = kNow) {
    Viewer& viewer = queue.front(patience, now);
    queue.remove(viewer);
    FairQueue::charge(viewer, sizes.at(&viewer));
    queue.push(viewer, now);
    return viewer;
  }
};

TEST_F(FairQueueTest, ViewersOfOneSizeTakeTurns) {
  std::map<Viewer*, size_t> sizes;
  std::vector<Viewer*> order;
  for (int i = 0; i < 5; ++i) sizes[order.emplace_back(&add())] = 50'000;
  for (Viewer* viewer : order) queue.push(*viewer, kNow);
  EXPECT_EQ(queue.size(), 5u);
  for (int round = 0; round < 100; ++round) {
    for (Viewer* viewer : order) ASSERT_EQ(&serve(sizes), viewer) << round;
  }
}

TEST_F(FairQueueTest, AllGetTheSameNumberOfBytes) {
  std::map<Viewer*, size_t> sizes;
  for (const size_t size : {2'000u, 10'000u, 50'000u, 250'000u, 1'000'000u}) {
    Viewer& viewer = add();
    sizes[&viewer] = size;
    queue.push(viewer, kNow);
  }
  std::map<Viewer*, size_t> got;
  for (int i = 0; i < 100'000; ++i) {
    Viewer& viewer = serve(sizes);
    got[&viewer] += sizes[&viewer];
  }
  for (const auto& [viewer, bytes] : got) {
    EXPECT_NEAR(double(bytes), double(got[&viewers[0]]), 1'500'000) << sizes[viewer];
  }
}

// One that needs less than its share is next whenever it comes, but saves up nothing.
TEST_F(FairQueueTest, WhoeverNeedsLittleNeverWaits) {
  std::map<Viewer*, size_t> sizes;
  Viewer& little = add();
  sizes[&little] = 9'000;
  for (int i = 0; i < 20; ++i) {
    Viewer& viewer = add();
    sizes[&viewer] = 100'000;
    queue.push(viewer, kNow);
  }
  for (int i = 0; i < 500; ++i) {
    for (int others = 0; others < 21; ++others) ASSERT_NE(&serve(sizes), &little);
    queue.push(little, kNow);
    size_t waited = 0;
    while (&queue.front(kNoPatience, kNow) != &little) {
      serve(sizes);
      ++waited;
    }
    // Those whose turn is the same came before it.
    ASSERT_LE(waited, 20u) << i;
    queue.remove(little);
    FairQueue::charge(little, 9'000);
  }
}

TEST_F(FairQueueTest, WhoeverHasWaitedForLongIsNext) {
  Viewer& large = add();
  Viewer& small = add();
  const std::map<Viewer*, size_t> sizes{{&large, 1'000'000}, {&small, 2'000}};
  queue.push(large, kNow);
  queue.push(small, kNow);
  EXPECT_EQ(&serve(sizes), &large);
  Instant now = kNow;
  size_t before = 0;
  while (&serve(sizes, 2s, now) != &large) {
    now += 10ms;
    ++before;
  }
  EXPECT_EQ(before, 200u) << "2 s, instead of 500 turns";
}

TEST_F(FairQueueTest, FrameLargerThanAllBucketsCountsAsThatLarge) {
  Viewer& huge = add();
  Viewer& small = add();
  constexpr size_t kAll = FairQueue::kBuckets * FairQueue::kBucketBytes;
  const std::map<Viewer*, size_t> sizes{{&huge, 100 * kAll}, {&small, 10'000}};
  queue.push(huge, kNow);
  queue.push(small, kNow);
  EXPECT_EQ(&serve(sizes), &huge);
  size_t before = 0;
  while (&serve(sizes) != &huge) ++before;
  EXPECT_NEAR(double(before), double(kAll) / 10'000, 3);
}

TEST_F(FairQueueTest, ViewersLeaveFromAnywhere) {
  std::map<Viewer*, size_t> sizes;
  for (int i = 0; i < 6; ++i) {
    Viewer& viewer = add();
    sizes[&viewer] = 10'000 + 30'000 * size_t(i);
    queue.push(viewer, kNow);
  }
  for (int i = 0; i < 20; ++i) serve(sizes);
  for (const size_t leaving : {3u, 0u, 5u}) {
    queue.remove(viewers[leaving]);
    for (int i = 0; i < 50; ++i) ASSERT_NE(&serve(sizes), &viewers[leaving]);
  }
  EXPECT_EQ(queue.size(), 3u);
}

ServerConfig wire_of(uint64_t bits_per_second, double min_fps) {
  ServerConfig config;
  config.admission.viewers_max = 2000;
  config.wire = {.bits_per_second = bits_per_second, .min_fps = min_fps, .origin = "test"};
  return config;
}

SimWorldConfig divided_world() {
  SimWorldConfig config = calm_world(30, 3'000);
  config.camera.segments = true;
  return config;
}

// 2 Mbit/s: 9.5 KB a second for each. Updates take 7, whole frames would take 40.
TEST(FairWire, ViewersOfUpdatesGetEveryFrameWhereOthersGetAFew) {
  ShardWorld shard(divided_world(), wire_of(2'000'000, 0.5));
  {
    std::vector<std::unique_ptr<UpdateClient>> updates, whole;
    for (int i = 0; i < 5; ++i) updates.push_back(std::make_unique<UpdateClient>(shard));
    for (int i = 0; i < 20; ++i) whole.push_back(std::make_unique<UpdateClient>(shard, "/ws"));
    shard.run_for(5s);
    const uint64_t from = shard.world.camera().last_sequence();
    std::vector<size_t> before;
    for (const auto& client : whole) {
      client->check();
      before.push_back(client->whole());
    }
    size_t missed = 0;
    for (int i = 0; i < 20; ++i) {
      shard.run_for(1s);
      for (const auto& client : updates) {
        EXPECT_EQ(client->check(), "");
        missed += client->sequence() + 6 < shard.world.camera().last_sequence();
      }
    }
    EXPECT_EQ(missed, 0u);
    for (size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(whole[i]->check(), "");
      const double fps = double(whole[i]->whole() - before[i]) / 20;
      EXPECT_GE(fps, 4);
      EXPECT_LE(fps, 12);
    }
    EXPECT_GT(shard.world.camera().last_sequence(), from + 590);
  }
  shard.stop();
}

// Among many that need little, the equal share would be a whole frame in several seconds.
TEST(FairWire, NobodyGetsLessThanTheLeastRate) {
  ShardWorld shard(divided_world(), wire_of(400'000, 1));
  {
    std::vector<std::unique_ptr<UpdateClient>> updates;
    updates.push_back(std::make_unique<UpdateClient>(shard));
    shard.run_for(2s);
    for (int i = 0; i < 60; ++i) updates.push_back(std::make_unique<UpdateClient>(shard));
    UpdateClient whole(shard, "/ws");
    shard.run_for(10s);
    EXPECT_EQ(whole.check(), "");
    const size_t before = whole.whole();
    shard.run_for(20s);
    EXPECT_EQ(whole.check(), "");
    EXPECT_GE(whole.whole() - before, 18u);
  }
  shard.stop();
}

// As many as can have the least rate: of updates, more.
TEST(FairWire, AdmissionReckonsWithTheSizeOfUpdates) {
  constexpr size_t kClients = 60;
  const auto admitted = [](const std::string& target) {
    ShardWorld shard(divided_world(), wire_of(200'000, 1));
    {
      // While somebody watches updates, frames are divided.
      UpdateClient first(shard);
      shard.run_for(3s);
      std::vector<std::unique_ptr<UpdateClient>> clients;
      for (size_t i = 0; i < kClients; ++i) {
        clients.push_back(std::make_unique<UpdateClient>(shard, target));
        shard.run_for(20ms);
      }
      shard.run_for(1s);
    }
    const uint64_t refused = shard.stats().refused_wire.value();
    shard.stop();
    return kClients - refused;
  };
  // 23.7 KB a second, for whole frames of 1.4 KB or updates of about 0.3 KB.
  EXPECT_NEAR(double(admitted("/ws")), 15, 4);
  EXPECT_GE(admitted("/ws?segments=1"), 40u);
}

}  // namespace
}  // namespace fanlight
