// SPDX-License-Identifier: Apache-2.0
// The whole simulation, tested with a small server: good clients are served, every kind of client
// can be simulated, and every defect is detected.
#include "tests/sim/sim_world.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/sim/mini_server.h"

namespace fanlight {
namespace {

SimWorldConfig calm_config() {
  SimWorldConfig config;
  config.camera.fps = 25;
  config.camera.jitter = 0.2;
  config.camera.encode_max = 20ms;  // less than the shortest interval: no two overlap
  return config;
}

// A server that is stopped at the end, with its results.
struct Session {
  explicit Session(const SimWorldConfig& config, Defect defect = Defect::none)
      : world(config), server(world.backend(), world.ring(), world.listener(), defect) {}

  ~Session() {
    if (done) return;
    server.abort();
    EXPECT_TRUE(world.run_until([&] { return done; }, 60s, turn));
  }

  void run(Duration duration) {
    world.run_for(duration, turn);
    server.stop();
    stopped = world.run_until([&] { return done; }, 60s, turn);
    world.run_without_server(10s);
  }

  SimWorld world;
  MiniServer server;
  bool done = false;
  bool stopped = false;
  SimWorld::Turn turn = [this] {
    done = !server.turn(kNever);
    return !done;
  };
};

TEST(SimWorldTest, FastClientGetsEveryFrameInTimeAndACleanEnd) {
  Session session(calm_config());
  SimViewer& viewer = session.world.add({.connect_after = 1s});
  session.run(30s);
  EXPECT_TRUE(session.stopped);
  EXPECT_EQ(session.world.complaints(), "");
  EXPECT_EQ(session.world.leftovers(), "");
  EXPECT_EQ(session.world.forbidden_allocations(), 0u);
  EXPECT_EQ(viewer.status(), 200);
  EXPECT_EQ(viewer.stream().gaps, 0u);
  EXPECT_GT(viewer.stream().frames, 29u * 20);
  EXPECT_EQ(viewer.end(), SimEnd::finished);
  EXPECT_TRUE(viewer.stream().closed);
  EXPECT_EQ(session.world.worst_age(viewer), 0ms) << "a network without latency";
  EXPECT_LT(viewer.longest_silence(), 500ms);
  EXPECT_GE(viewer.first_frame_at(), viewer.connected_at());
  EXPECT_LT(viewer.first_frame_at() - viewer.connected_at(), 1s);
}

TEST(SimWorldTest, SlowClientSkipsFramesAndPinsThem) {
  SimWorldConfig config = calm_config();
  config.camera.size_min = config.camera.size_max = 50'000;
  Session session(config);
  SimViewer& fast = session.world.add({});
  SimViewer& slow = session.world.add(
      {.read_rate = 20'000, .link = {.send_buffer = 16 << 10, .receive_window = 16 << 10}});
  session.run(60s);
  EXPECT_EQ(session.world.complaints(), "");
  EXPECT_EQ(fast.stream().gaps, 0u);
  EXPECT_GT(slow.stream().gaps, 1'000u);
  EXPECT_NEAR(double(slow.bytes()), 60 * 20'000, 20'000 + 64'000);
  EXPECT_NEAR(double(slow.stream().frames), 60 * 20'000 / 50'000.0, 3);
  EXPECT_GE(session.world.camera().most_pinned_places(), 2u);
  EXPECT_GE(session.world.camera().most_kernel_bytes(), 10'000u);
}

TEST(SimWorldTest, ClientsOfEveryKindPlayTheirScripts) {
  Session session(calm_config());
  SimWorld& world = session.world;
  SimViewer& stalled = world.add({.stall_after = 30'000});
  SimViewer& vanished = world.add({.stall_after = 0, .cut_at = 2s});
  SimViewer& resets = world.add({.reset_after = 40'000});
  SimViewer& closes = world.add({.close_after = 50'000});
  SimViewer& leaves = world.add({.close_at = 3s});
  SimViewer& letters = world.add({.sending = SimScript::Sending::byte_at_a_time});
  SimViewer& pieces = world.add({.sending = SimScript::Sending::in_pieces, .send_interval = 1s});
  SimViewer& silent = world.add({.request = ""});
  SimViewer& half = world.add({.half_close = true, .parse = false});
  SimViewer& late = world.add({.connect_after = 1h});
  world.run_for(20s, session.turn);
  EXPECT_EQ(world.complaints(), "");
  EXPECT_EQ(stalled.end(), SimEnd::open);
  EXPECT_EQ(stalled.bytes(), 30'000u);
  EXPECT_EQ(vanished.bytes(), 0u);
  EXPECT_EQ(vanished.end(), SimEnd::open);
  EXPECT_EQ(resets.end(), SimEnd::left);
  EXPECT_EQ(resets.bytes(), 40'000u);
  EXPECT_EQ(closes.end(), SimEnd::left);
  EXPECT_EQ(closes.bytes(), 50'000u);
  EXPECT_EQ(leaves.ended_at() - leaves.connected_at(), 3s);
  EXPECT_GT(letters.stream().frames, 300u);
  EXPECT_GT(letters.first_frame_at() - letters.connected_at(), 30ms);
  EXPECT_GT(pieces.stream().frames, 100u);
  EXPECT_EQ(silent.bytes(), 0u);
  EXPECT_EQ(half.end(), SimEnd::finished) << "this server treats a half-close as the end";
  EXPECT_EQ(late.end(), SimEnd::unconnected);
}

TEST(SimWorldTest, CameraIsLostAndComesBack) {
  SimWorldConfig config = calm_config();
  config.camera.lost_at = 5s;
  config.camera.lost_for = 4s;
  Session session(config);
  SimViewer& viewer = session.world.add({});
  session.run(20s);
  EXPECT_EQ(session.world.complaints(), "");
  EXPECT_GE(viewer.stream().slates, 4u);
  EXPECT_LE(viewer.stream().slates, 5u);
  EXPECT_GT(viewer.stream().frames, 15u * 20);
  EXPECT_GT(viewer.longest_silence(), 900ms);
}

TEST(SimWorldTest, CameraIdlesWithoutViewers) {
  SimWorldConfig config = calm_config();
  config.camera.idles_unwatched = true;
  Session session(config);
  session.world.run_for(5s, session.turn);
  EXPECT_EQ(session.world.camera().published(), 0u);
  EXPECT_EQ(session.world.ring().activity(), CaptureActivity::idle);
  session.world.ring().watch();
  session.world.run_for(5s, session.turn);
  EXPECT_GT(session.world.camera().published(), 100u);
  EXPECT_NE(session.world.ring().activity(), CaptureActivity::idle);
  session.world.ring().unwatch();
}

// Every client, every fault, and a camera that loses frames and spoils places.
uint64_t swarm(uint64_t seed, SimCounts& counts) {
  Random random(seed);
  SimWorldConfig config{.seed = seed, .faults = SimFaults::swarm(random)};
  config.camera = {.fps = random.log_uniform(1, 60),
                   .jitter = 0.5 * random.unit(),
                   .size_max = 1'000 + random.below(60'000),
                   .encode_max = Duration(random.below(100'000'000)),
                   .drop = 0.1 * random.unit(),
                   .abandon = 0.1 * random.unit()};
  Session session(config);
  for (int i = 0; i < 10; ++i) {
    SimScript script{.connect_after = Duration(random.below(3'000'000'000)),
                     .sending = SimScript::Sending(random.below(3))};
    if (random.chance(0.5)) script.read_rate = random.log_uniform(2e3, 2e5);
    if (random.chance(0.2)) script.stall_after = random.below(100'000);
    if (random.chance(0.2)) script.reset_after = random.below(100'000);
    if (random.chance(0.2)) script.close_after = random.below(100'000);
    script.link = {.send_buffer = 4'000 + random.below(60'000),
                   .receive_window = 1'000 + random.below(60'000),
                   .latency = Duration(random.below(20'000'000))};
    session.world.add(script);
  }
  session.world.run_for(10s, session.turn);
  EXPECT_EQ(session.world.complaints(), "");
  EXPECT_EQ(session.world.forbidden_allocations(), 0u);
  const SimCounts& after = session.world.backend().counts();
  counts.short_sends += after.short_sends;
  counts.short_receives += after.short_receives;
  counts.waiting_sends += after.waiting_sends;
  counts.late += after.late;
  counts.reordered += after.reordered;
  counts.no_buffers += after.no_buffers;
  counts.resets += after.resets;
  counts.accept_failures += after.accept_failures;
  counts.queue_full += after.queue_full;
  return session.world.trace_hash();
}

TEST(SimWorldTest, SwarmHoldsAndEverySeedIsReproducible) {
  std::set<uint64_t> hashes;
  SimCounts counts;
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const uint64_t hash = swarm(seed, counts);
    if (seed <= 5) {
      EXPECT_EQ(swarm(seed, counts), hash);
    }
    hashes.insert(hash);
  }
  EXPECT_EQ(hashes.size(), 25u);
  for (const uint64_t count : {counts.short_sends, counts.short_receives, counts.waiting_sends,
                               counts.late, counts.reordered, counts.no_buffers, counts.resets,
                               counts.accept_failures, counts.queue_full}) {
    EXPECT_GT(count, 0u) << "a fault never happened";
  }
}

std::string complaints_of(Defect defect, const SimFaults& faults = {}) {
  SimWorldConfig config = calm_config();
  config.faults = faults;
  Session session(config, defect);
  session.world.add({});
  session.run(10s);
  return session.world.complaints();
}

TEST(SimWorldTest, DetectsDefects) {
  SimFaults short_sends;
  short_sends.short_send = 0.1;
  EXPECT_EQ(complaints_of(Defect::none, short_sends), "");
  EXPECT_NE(complaints_of(Defect::ignores_short_sends, short_sends), "");
  EXPECT_NE(complaints_of(Defect::sends_old_frames).find("went back"), std::string::npos);
  EXPECT_NE(complaints_of(Defect::no_closing_delimiter).find("closing"), std::string::npos);
}

TEST(SimWorldTest, DetectsForgottenSockets) {
  Session session(calm_config(), Defect::forgets_sockets);
  session.world.add({.close_at = 1s});
  session.world.run_for(2s, session.turn);
  EXPECT_EQ(session.world.leftovers().find("1 sockets are open"), 0u);
}

TEST(SimWorldTest, DetectsAllocations) {
  Session session(calm_config(), Defect::allocates);
  session.world.run_for(1s, session.turn);
  EXPECT_GT(session.world.forbidden_allocations(), 0u);
}

}  // namespace
}  // namespace fanlight
