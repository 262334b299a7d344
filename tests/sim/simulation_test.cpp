// SPDX-License-Identifier: Apache-2.0
// The whole shard against the simulated kernel, by seeds: `simulation_test --seed=N` repeats one,
// `--seeds=N` runs the first N. A failure prints the command that repeats it in gdb(1).
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "tests/sim/shard_world.h"
#include "tests/sim/sim_threads.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

uint64_t first_seed = 1;
uint64_t seed_count = 500;
std::string program = "simulation_test";

// The command that stops at the failure of this seed.
std::string debugger_command(uint64_t seed) {
  return "gdb -ex run --args " + program +
         " --gtest_break_on_failure --seed=" + std::to_string(seed);
}

constexpr Duration kStall = 5s;

SimWorldConfig draw_world(uint64_t seed, Random& random) {
  SimWorldConfig config;
  config.seed = seed;
  // Every fourth seed has a kernel without faults, so that the checks can be stricter.
  if (seed % 4 != 0) config.faults = SimFaults::swarm(random);
  config.ring.window = size_t{2} << random.below(4);
  config.ring.jpeg_capacity = 64 << 10;
  config.camera.fps = random.log_uniform(1, 60);
  config.camera.jitter = random.chance(0.5) ? 0.3 : 0;
  config.camera.size_min = 100 + random.below(5'000);
  config.camera.size_max = config.camera.size_min + random.below(50'000);
  if (random.chance(0.2)) config.camera.drop = 0.1;
  if (random.chance(0.2)) config.camera.abandon = 0.1;
  if (random.chance(0.2)) {
    config.camera.lost_at = 3s;
    config.camera.lost_for = 2s;
  }
  config.camera.idles_unwatched = random.chance(0.2);
  if (seed % 3 == 0) {
    config.rung_bytes = {config.camera.size_max / 3 + 100, config.camera.size_max / 9 + 100};
  }
  return config;
}

std::string patch(const std::string& fields, const std::string& body) {
  return "PATCH /cameras/cam/controls HTTP/1.1\r\nHost: sim\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body;
}

std::string draw_request(Random& random) {
  static const std::vector<std::string> kRequests = {
      get("/stream"),
      get("/video_feed"),
      get("/stream", "Accept: image/avif,image/webp,*/*\r\n"),
      get("/video_feed?advance_headers=1"),
      get("/?action=stream&x=1"),
      get("/stream?fps=2.5"),
      get("/stream?frames=3"),
      get("/cameras/cam/stream?frames=1&advance_headers=1"),
      "GET /stream HTTP/1.0\r\n\r\n",
      get("/stream?rung=1"),
      get("/video_feed?rung=2&advance_headers=1&frames=9"),
      get("/snapshot?rung=1") + get("/snapshot?size=320x180"),
      get("/snapshot"),
      get("/snapshot?max_delay=0"),
      get("/snapshot") + get("/state") + get("/snapshot"),
      get("/api/v1/state") + get("/metrics") + get("/cameras") + get("/"),
      get("/healthz") + get("/readyz"),
      patch("Content-Type: application/json\r\n", "{\"brightness\":1}") + get("/healthz"),
      patch("Content-Type: application/json\r\n", std::string(2048, ' ')),
      patch("Content-Type: application/json\r\nExpect: 100-continue\r\n", "{}"),
      patch("", "{}"),
      get("/cameras/cam/controls") + get("/cameras"),
      web_socket_request("/ws"),
      web_socket_request("/ws?cameras=*&fps=5") + client_frame(kClientPing, "early"),
      web_socket_request("/cameras/cam/ws") + client_frame(kClientText, std::string(300, 't')) +
          client_frame(kClientPing, "x") + client_frame(kClientClose, "\x03\xe8"),
      web_socket_request("/ws?cameras=cam") + client_frame(kClientText, "z").substr(0, 3),
      web_socket_request("/ws") + "not a frame",
      get("/ws"),
      get("/nothing"),
      get("/stream?fps=x"),
      "OPTIONS * HTTP/1.1\r\nHost: sim\r\n\r\n" + get("/healthz"),
      "POST /stream HTTP/1.1\r\nHost: sim\r\nContent-Length: 5\r\n\r\nhello",
      "GET /healthz HTTP/1.1\r\nHost: sim\r\nContent-Length: 5\r\n\r\nhello" + get("/healthz"),
      "GET / HTTP/1.1\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
      std::string(9000, 'x'),
      "GET /" + std::string(9000, 'y') + " HTTP/1.1\r\n",
      "GET /stream HTTP/1.1\r\nHost:",  // and nothing more
      "",
  };
  return kRequests[random.below(kRequests.size())];
}

SimScript draw_script(Random& random) {
  SimScript script;
  script.connect_after = from_seconds(random.unit() * 8);
  script.request = draw_request(random);
  if (random.chance(0.2)) script.sending = SimScript::Sending::byte_at_a_time;
  if (random.chance(0.2)) script.sending = SimScript::Sending::in_pieces;
  script.send_interval = from_seconds(random.log_uniform(1e-4, 0.2));
  if (random.chance(0.3)) script.read_rate = random.log_uniform(1'000, 300'000);
  if (random.chance(0.1)) script.half_close = true;
  if (random.chance(0.1)) script.stall_after = random.below(100'000);
  if (random.chance(0.1)) script.reset_after = random.below(100'000);
  if (random.chance(0.1)) script.close_after = random.below(100'000);
  if (random.chance(0.1)) script.cut_at = from_seconds(random.unit() * 10);
  script.link.send_buffer = size_t{1} << (12 + random.below(8));
  script.link.receive_window = size_t{1} << (12 + random.below(8));
  script.link.latency = from_seconds(random.chance(0.5) ? 0 : random.log_uniform(1e-4, 0.1));
  return script;
}

// The requirements for a viewer that reads as fast as it can, on a kernel without faults.
void judge_fast_viewer(ShardWorld& shard, const SimViewer& viewer) {
  const ParsedStream& stream = viewer.stream();
  uint64_t published = 0;
  for (uint64_t sequence = stream.first_sequence; sequence <= stream.last_sequence; ++sequence) {
    published += shard.world.camera().published_at(sequence) != kNever;
  }
  EXPECT_EQ(stream.frames - stream.repeats, published) << "the viewer missed a frame";
  EXPECT_LE(viewer.longest_silence(), 2s);
  EXPECT_TRUE(stream.closed);
  EXPECT_EQ(viewer.end(), SimEnd::finished);
}

// A client that only ends its own half gets all of its answers, then the server's FIN.
void judge_half_closed_viewers(const SimWorld& world) {
  for (const auto& viewer : world.viewers()) {
    const SimScript& script = viewer->script();
    const bool leaves = std::min(script.close_after, script.reset_after) != kNoLimit ||
                        script.cut_at != Duration::max();
    const bool reads_all = script.stall_after == kNoLimit && script.read_rate == 0;
    if (!script.half_close || leaves || !reads_all) continue;
    EXPECT_EQ(viewer->end(), SimEnd::finished) << script.request.substr(0, 200);
  }
}

uint64_t run_seed(uint64_t seed) {
  SCOPED_TRACE("repeat with: " + debugger_command(seed));
  Random random(seed);
  const SimWorldConfig config = draw_world(seed, random);
  ServerConfig server;
  server.version = "sim";
  server.viewer_stall_timeout = kStall;
  server.header_timeout = 3s;
  server.idle_timeout = 6s;
  server.admission.viewers_max = 1 + random.below(40);
  const auto modes = {ZeroCopyMode::automatic, ZeroCopyMode::on, ZeroCopyMode::off};
  server.zero_copy = modes.begin()[random.below(modes.size())];
  const bool calm = seed % 4 == 0;
  if (calm) server.admission.viewers_max = 100;

  server.allow_control = random.chance(0.8);
  Waker camera;
  CameraPanel panel(camera);  // its destructor checks that no request is left
  ShardWorld shard(config, server, &panel, 1 + random.below(4));
  const Servant servant(panel, shard.world.backend().clock(), random.next());
  if (random.chance(0.2)) shard.world.backend().set_descriptor_limit(2 + random.below(20));
  if (calm) shard.world.backend().set_descriptor_limit(SIZE_MAX);
  SimViewer* fast = calm ? &shard.world.add({}) : nullptr;
  SimViewer* half_closed = calm ? &shard.world.add({.half_close = true}) : nullptr;
  for (uint64_t i = random.below(30); i > 0; --i) shard.world.add(draw_script(random));

  shard.run_for(12s);
  if (calm) {
    // Viewers that stopped reading or vanished by the eighth second have been removed by now.
    for (const auto& viewer : shard.world.viewers()) {
      const bool stalled = viewer->last_byte_at() != kNever && viewer->end() == SimEnd::open &&
                           viewer->script().stall_after < viewer->bytes();
      EXPECT_FALSE(stalled);
    }
  }
  const Duration took = shard.stop();
  // The grace period, and the last loop iterations of a slow kernel.
  EXPECT_LE(took, 2s + 100 * config.faults.turn_time_max + 20 * config.faults.late_max);
  EXPECT_EQ(shard.world.complaints(), "");
  EXPECT_EQ(shard.world.leftovers(), "");
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
  EXPECT_EQ(shard.state.admission.viewers(), 0u);
  EXPECT_EQ(shard.channel_stats().viewers.value(), 0u);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  if (calm) {
    judge_fast_viewer(shard, *fast);
    judge_fast_viewer(shard, *half_closed);
    judge_half_closed_viewers(shard.world);
  }
  return shard.world.trace_hash();
}

TEST(Simulation, InvariantsHoldForEverySeed) {
  for (uint64_t seed = first_seed; seed < first_seed + seed_count; ++seed) {
    run_seed(seed);
    if (testing::Test::HasFailure()) FAIL() << "repeat with: " << debugger_command(seed);
  }
}

TEST(Simulation, SameSeedGivesTheSameTrace) {
  for (uint64_t seed = first_seed; seed < first_seed + std::min<uint64_t>(seed_count, 20); ++seed) {
    EXPECT_EQ(run_seed(seed), run_seed(seed)) << "seed " << seed;
  }
  if (seed_count > 1) {
    EXPECT_NE(run_seed(first_seed), run_seed(first_seed + 1));
  }
}

TEST(Simulation, PrintsAUsableCommandToRepeatAFailure) {
  EXPECT_EQ(::access(program.c_str(), X_OK), 0) << program;
  EXPECT_TRUE(debugger_command(7).ends_with(" --gtest_break_on_failure --seed=7"));
}

}  // namespace

// `--name=N`, or false.
bool take_number(std::string_view argument, std::string_view name, uint64_t& number) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  const auto result = std::from_chars(argument.data(), argument.data() + argument.size(), number);
  return result.ec == std::errc() && result.ptr == argument.data() + argument.size();
}

}  // namespace fanlight

int main(int argc, char** argv) {
  fanlight::program = argv[0];
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (fanlight::take_number(argv[i], "--seed=", fanlight::first_seed)) {
      fanlight::seed_count = 1;
    } else if (!fanlight::take_number(argv[i], "--seeds=", fanlight::seed_count)) {
      fmt::print(stderr, "unknown argument {}\n", argv[i]);
      return 64;
    }
  }
  return RUN_ALL_TESTS();
}
