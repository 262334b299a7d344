// SPDX-License-Identifier: Apache-2.0
// One address, or a crowd of them, that takes what it can get, in the simulation: the others notice
// nothing, and in the end nothing is counted any more.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/random.h"
#include "tests/sim/shard_world.h"
#include "tests/sim/sim_threads.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

constexpr uint64_t kSeeds = 90;
constexpr size_t kViewersMax = 100;
constexpr size_t kShare = kViewersMax / 2;
constexpr size_t kGreedySockets = 200;
constexpr size_t kPlaces = connection_places(kViewersMax);
const PeerAddress kGreedy = ipv4_peer(0xc6336442);  // 198.51.100.66

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// What a greedy socket may send.
const std::vector<std::string>& greedy_requests() {
  static const std::vector<std::string> kRequests = {
      "",                                        // idle
      "GET /stream HTTP/1.1\r\nHost: x\r\nX: ",  // slow head
      get("/stream"),
      get("/video_feed"),
      web_socket_request("/ws"),
      get("/stock-table"),
      repeated(get("/api/v1/state"), 10),
      repeated(get("/metrics"), 10),
      repeated(get("/snapshot"), 10),
      get("/healthz"),
  };
  return kRequests;
}

SimScript greedy_script(Random& random, const std::string& request) {
  SimScript script;
  script.connect_after = from_seconds(random.unit() * 2);
  script.request = request;
  script.stall_after = random.chance(0.5) ? 0 : random.below(5'000);
  if (random.chance(0.1)) script.close_at = from_seconds(random.unit() * 8);
  if (random.chance(0.1)) script.cut_at = from_seconds(random.unit() * 8);
  if (random.chance(0.1)) script.reset_after = 1;
  script.link = {.send_buffer = 4 << 10, .receive_window = 2 << 10};
  script.parse = false;
  return script;
}

struct Others {
  std::vector<SimViewer*> viewers, monitors, askers;
};

Others add_others(SimWorld& world) {
  Others others;
  for (int i = 0; i < 12; ++i) {
    const Duration when = i * 500ms;
    others.viewers.push_back(&world.add({.connect_after = when}));
    others.monitors.push_back(&world.add({.connect_after = when, .request = get("/healthz")}));
    others.askers.push_back(&world.add(
        {.connect_after = when, .request = get("/snapshot") + get("/metrics") + get("/state")}));
  }
  return others;
}

void judge_others(const Others& others, const std::string& greed) {
  for (const SimViewer* viewer : others.viewers) {
    EXPECT_EQ(viewer->status(), 200) << greed;
    EXPECT_EQ(viewer->stream().gaps, 0u) << greed;
    EXPECT_EQ(viewer->end(), SimEnd::finished) << greed;
  }
  for (const SimViewer* monitor : others.monitors) EXPECT_EQ(monitor->status(), 200) << greed;
  for (const SimViewer* asker : others.askers) {
    ASSERT_EQ(asker->parser().responses().size(), 3u) << greed;
    for (const ParsedResponse& response : asker->parser().responses()) {
      EXPECT_EQ(response.status, 200) << greed;
    }
  }
}

ServerConfig limited(TableDesk& desk) {
  ServerConfig server;
  server.version = "sim";
  server.table = &desk;
  server.viewer_stall_timeout = 5s;
  server.header_timeout = 3s;
  server.idle_timeout = 20s;
  server.admission.viewers_max = kViewersMax;
  return server;
}

void expect_nothing_held(ShardWorld& shard) {
  expect_nothing_left(shard);
  EXPECT_EQ(shard.state.admission.connections(), 0u);
  EXPECT_EQ(shard.state.admission.viewers(), 0u);
  EXPECT_EQ(shard.state.admission.addresses(), 0u);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  EXPECT_EQ(shard.stats().connections_idle.value(), 0u);
}

SimWorldConfig world_of(uint64_t seed) {
  SimWorldConfig config;
  config.seed = seed;
  config.camera.fps = 5;
  config.camera.size_min = config.camera.size_max = 1'000;
  return config;
}

// Every third seed has a kernel without faults, one address, and one kind of request. In the others
// only what is held in the end matters.
void run_seed(uint64_t seed) {
  Random random(seed);
  SimWorldConfig config = world_of(seed);
  const bool calm = seed % 3 == 0;
  if (!calm) config.faults = SimFaults::swarm(random);
  TableDesk desk;
  ShardWorld shard(config, limited(desk));
  const Librarian librarian(desk, shard.world.backend().clock());
  const bool one_address = calm || random.chance(0.5);
  const std::vector<std::string>& requests = greedy_requests();
  const std::string& greed = requests[seed / 3 % requests.size()];
  for (size_t i = 0; i < kGreedySockets; ++i) {
    SimScript script =
        greedy_script(random, calm ? greed : requests[random.below(requests.size())]);
    if (one_address) script.link.peer = kGreedy;
    shard.world.add(script);
  }
  const Others others = add_others(shard.world);
  shard.run_for(8s);
  expect_nothing_held(shard);
  if (calm) judge_others(others, greed);
}

TEST(Shares, NothingIsHeldInTheEndAndOthersNoticeNothing) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    run_seed(seed);
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

// From as many addresses as there are sockets, so that no share is exceeded.
TEST(Shares, IdleConnectionsOfManyAddressesGiveWayToNewcomers) {
  TableDesk desk;
  ShardWorld shard(world_of(1), limited(desk));
  for (size_t i = 0; i < 2 * kPlaces; ++i) shard.world.add({.request = "", .parse = false});
  shard.run_for(2500ms);
  EXPECT_EQ(shard.stats().connections_open.value(), kPlaces);
  const Others others = add_others(shard.world);
  shard.run_for(8s);
  EXPECT_EQ(shard.stats().evicted_idle.value(), 36u);
  expect_nothing_held(shard);
  judge_others(others, "idle, many addresses");
}

TEST(Shares, OneAddressHasHalfOfTheViewersInConnections) {
  TableDesk desk;
  ShardWorld shard(world_of(1), limited(desk));
  for (size_t i = 0; i < kGreedySockets; ++i) {
    shard.world.add({.request = "", .link = {.peer = kGreedy}, .parse = false});
  }
  shard.run_for(3s);
  EXPECT_EQ(shard.stats().connections_open.value(), kShare);
  EXPECT_EQ(shard.stats().refused_connections.value(), kGreedySockets - kShare);
  expect_nothing_held(shard);
}

}  // namespace
}  // namespace fanlight
