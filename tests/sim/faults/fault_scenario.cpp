// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults/fault_scenario.h"

#include <fmt/core.h>

#include <cerrno>
#include <memory>

#include "core/check.h"
#include "tests/sim/sim_threads.h"
#include "tests/sim/update_client.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

constexpr Duration kScene = 1200ms;
constexpr Duration kNewcomerLimit = 8s;
constexpr size_t kPictureBytes = 300;

// What a client whose calls do not fail is owed.
struct Owed {
  bool stream = false;  // every picture, and an end in order
  size_t replies = 0;   // so many complete answers
};

// Owns: everything in one run. Thread: one.
struct FaultWorld {
  FaultWorld(const SimWorldConfig& config, const ServerConfig& server, FaultPlan& fault_plan,
             size_t cameras)
      : plan(fault_plan), shard(config, with_table(server), &panel, cameras) {}

  void add(SimScript script, Owed owed = {}) {
    clients.push_back({&shard.world.add(std::move(script)), owed});
  }
  void add_socket(const char* target, const SimLink& link = {}) {
    sockets.push_back(std::make_unique<UpdateClient>(shard, target, link));
  }

  FaultPlan& plan;
  TableDesk desk;
  Waker camera;
  CameraPanel panel{camera};
  ShardWorld shard;
  Librarian librarian{desk, shard.world.backend().clock()};
  Servant servant{panel, shard.world.backend().clock(), 1};
  struct Client {
    SimViewer* viewer;
    Owed owed;
  };
  std::vector<Client> clients;
  std::vector<std::unique_ptr<UpdateClient>> sockets;

 private:
  ServerConfig with_table(ServerConfig server) {
    server.table = &desk;
    return server;
  }
};

// ---- the scenarios ----

std::string patch(const std::string& body) {
  return "PATCH /cameras/cam/controls HTTP/1.1\r\nHost: sim\r\nContent-Type: application/json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void add_streams(FaultWorld& world) {
  const Owed all{.stream = true};
  world.add({}, all);
  world.add({.connect_after = 100ms, .request = get("/video_feed")}, all);
  world.add({.connect_after = 150ms, .request = get("/stream", "Accept: image/*\r\n")}, all);
  world.add({.connect_after = 200ms,
             .request = get("/stream?extra_headers=1&zero_data=1"),
             .parse = false});
  world.add({.connect_after = 250ms, .request = get("/stream?frames=2")});
  world.add({.connect_after = 300ms, .request = get("/stream?fps=3"), .half_close = true});
}

void add_slow(FaultWorld& world) {
  const SimLink narrow{.send_buffer = 128, .receive_window = 64, .latency = 3ms};
  world.add({.link = narrow});
  world.add({.connect_after = 100ms,
             .request = get("/video_feed"),
             .half_close = true,
             .read_rate = 1'000,
             .link = narrow});
  world.add({.connect_after = 200ms,
             .request = get("/snapshot"),
             .sending = SimScript::Sending::byte_at_a_time,
             .link = narrow},
            {.replies = 1});
  world.add({.stall_after = 500, .link = narrow});
  world.add({}, {.stream = true});
}

void add_sockets(FaultWorld& world) {
  world.add_socket("/ws");
  world.add_socket("/ws?cameras=*&fps=5", {.send_buffer = 512, .latency = 2ms});
  world.add({.connect_after = 200ms,
             .request = web_socket_request("/cameras/cam/ws") + client_frame(kClientPing, "early") +
                        client_frame(kClientText, std::string(300, 't')) +
                        client_frame(kClientClose, "\x03\xe8"),
             .parse = false});
  world.add({.connect_after = 300ms, .request = web_socket_request("/ws") + "x", .parse = false});
  world.add({.request = web_socket_request("/ws"), .reset_after = 900, .parse = false});
  world.add({}, {.stream = true});
}

void add_updates(FaultWorld& world) {
  world.add_socket("/ws?segments=1");
  world.add_socket("/ws?segments=1&cameras=*", {.send_buffer = 700, .latency = 2ms});
  world.add({}, {.stream = true});
}

void add_replies(FaultWorld& world) {
  world.add({.request = get("/snapshot") + get("/state") + get("/snapshot?max_delay=0")},
            {.replies = 3});
  world.add({.connect_after = 100ms,
             .request = get("/api/v1/state") + get("/metrics") + get("/cameras") + get("/"),
             .link = {.send_buffer = 2'000, .latency = 1ms}},
            {.replies = 4});
  world.add({.connect_after = 200ms,
             .request = patch("{\"brightness\":1}") + get("/healthz"),
             .sending = SimScript::Sending::in_pieces});
  world.add(
      {.connect_after = 250ms, .request = get("/viewers") + get("/readyz"), .half_close = true});
  world.add({}, {.stream = true});
}

void add_tables(FaultWorld& world) {
  const SimLink narrow{.send_buffer = 2'000, .receive_window = 1'000, .latency = 1ms};
  world.add({.request = get("/stock-table"), .close_at = 700ms, .link = narrow});
  world.add(
      {.connect_after = 50ms, .request = get("/stock-table"), .stall_after = 900, .link = narrow});
  world.add({.connect_after = 100ms,
             .request = get("/stock-table"),
             .reset_after = 3'000,
             .link = narrow});
  world.add({}, {.stream = true});
}

void add_refusals(FaultWorld& world) {
  world.add({.request = "GET / HTTP/1.1\r\n\r\n"});
  world.add({.request = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"});
  world.add({.connect_after = 50ms, .request = std::string(9'000, 'x')});
  world.add({.connect_after = 100ms, .request = "GET /stream HTTP/1.1\r\nHost:"});
  world.add({.connect_after = 150ms, .request = ""});
  world.add({.connect_after = 200ms, .request = get("/nothing") + get("/stream?fps=x")});
  for (int i = 0; i < 4; ++i) {
    world.add({.connect_after = 250ms + i * 20ms, .link = {.peer = ipv4_peer(0xc6336442)}});
  }
  world.add({}, {.stream = true});
}

void add_leavers(FaultWorld& world) {
  world.add({.reset_after = 700});
  world.add({.connect_after = 50ms, .close_after = 900});
  world.add({.connect_after = 100ms, .request = get("/video_feed"), .cut_at = 300ms});
  world.add({.connect_after = 150ms, .request = get("/snapshot"), .close_at = Duration(0)});
  world.add({.connect_after = 200ms, .request = get("/snapshot?max_delay=0"), .reset_after = 10});
  world.add(
      {.connect_after = 250ms, .request = get("/stream"), .half_close = true, .close_after = 900});
  world.add({}, {.stream = true});
}

void add_for_zero_copy(FaultWorld& world) {
  const SimLink far{.send_buffer = 5'000, .latency = 20ms, .peer = ipv4_peer(0xc6336401)};
  world.add({.link = far});
  world.add({.connect_after = 100ms, .reset_after = 1'500, .link = far});
  world.add({.connect_after = 100ms, .stall_after = 500, .link = far});
  world.add({.connect_after = 200ms, .request = get("/stream?frames=3"), .link = far});
  world.add({}, {.stream = true});
}

void add_everything(FaultWorld& world) {
  add_streams(world);
  add_slow(world);
  add_replies(world);
  add_refusals(world);
}

struct Scenario {
  void (*fill)(FaultWorld&);
  ZeroCopyMode zero_copy = ZeroCopyMode::off;
  bool segments = false;
  size_t descriptors = SIZE_MAX;
  bool swarm = false;  // SimFaults of the seed, too
  size_t picture_bytes = kPictureBytes;
};

Scenario scenario_of(std::string_view name) {
  if (name == "streams") return {add_streams};
  if (name == "slow") return {add_slow};
  if (name == "sockets") return {add_sockets};
  if (name == "updates") return {.fill = add_updates, .segments = true};
  if (name == "replies") return {add_replies};
  if (name == "tables") return {add_tables};
  if (name == "refusals") return {add_refusals};
  if (name == "leavers") return {add_leavers};
  if (name == "zero-copy")
    return {.fill = add_for_zero_copy,
            .zero_copy = ZeroCopyMode::on,
            .picture_bytes = kZeroCopyBytesMin + 100};
  if (name == "shortage") return {.fill = add_streams, .descriptors = 6};
  CHECK(name == "swarm");
  return {.fill = add_everything, .zero_copy = ZeroCopyMode::on, .swarm = true};
}

// ---- the judgement ----

// Whether this fault may cost clients that it does not concern a picture: for a moment the shard
// does nothing, or learns nothing.
bool delays_everybody(const Fault& fault, SimCall call) {
  return fault.kind == Fault::Kind::stall || fault.kind == Fault::Kind::jump ||
         fault.kind == Fault::Kind::errors || call == SimCall::read_event;
}

// Whether a client may be refused for it.
bool lacks_descriptors(const Fault& fault, SimCall call) {
  return call == SimCall::open_spare ||
         (call == SimCall::accept && (fault.value == EMFILE || fault.value == ENFILE));
}

std::string judge_owed(const SimViewer& viewer, const Owed& owed, bool delayed) {
  if (viewer.status() != 200) return fmt::format("status {}", viewer.status());
  const auto& responses = viewer.parser().responses();
  size_t complete = 0;
  for (const ParsedResponse& response : responses) complete += response.complete;
  if (complete < owed.replies) return fmt::format("{} of {} answers", complete, owed.replies);
  if (!owed.stream) return {};
  const ParsedStream& stream = viewer.stream();
  if (stream.frames == 0) return "no picture";
  if (stream.gaps > 0 && !delayed) return fmt::format("{} pictures missed", stream.gaps);
  if (viewer.end() != SimEnd::finished || !stream.closed) return "its stream was cut off";
  return {};
}

std::string judge_others(const FaultWorld& world, const Fault& fault, SimCall call) {
  std::string text;
  for (size_t i = 0; i < world.clients.size(); ++i) {
    const auto& [viewer, owed] = world.clients[i];
    if (!owed.stream && owed.replies == 0) continue;
    if (world.plan.victims().contains(viewer->connection())) continue;
    // Its time limits passed while its bytes could not arrive.
    if (fault.kind == Fault::Kind::jump && owed.replies > 0) continue;
    if (viewer->status() == 503 && lacks_descriptors(fault, call)) continue;
    const std::string complaint = judge_owed(*viewer, owed, delays_everybody(fault, call));
    if (!complaint.empty()) text += fmt::format("client {} was harmed: {}\n", i, complaint);
  }
  return text;
}

std::string judge_sockets(FaultWorld& world) {
  std::string text;
  for (const auto& socket : world.sockets) {
    // Where its handshake was refused, the error is that answer.
    const std::string& error = socket->check();
    if (!error.empty() && !error.starts_with("HTTP/1.1 503")) text += "socket: " + error + "\n";
  }
  return text;
}

std::string judge_leftovers(FaultWorld& world) {
  ShardWorld& shard = world.shard;
  std::string text = shard.world.complaints() + shard.world.leftovers();
  const auto expect_none = [&text](std::string_view what, uint64_t count) {
    if (count > 0) text += fmt::format("{} {}\n", count, what);
  };
  expect_none("allocations", shard.world.forbidden_allocations());
  expect_none("watchers of the ring", shard.world.ring().watchers());
  expect_none("viewers in admission", shard.state.admission.viewers());
  expect_none("connections in admission", shard.state.admission.connections());
  expect_none("addresses in admission", shard.state.admission.addresses());
  expect_none("viewers of the channel", shard.channel_stats().viewers.value());
  expect_none("open connections", shard.stats().connections_open.value());
  expect_none("idle connections", shard.stats().connections_idle.value());
  return text;
}

ServerConfig server_config(const Scenario& scenario) {
  ServerConfig server;
  server.version = "sim";
  server.viewer_stall_timeout = 5s;
  server.header_timeout = 3s;
  server.idle_timeout = 6s;
  server.allow_control = true;
  server.zero_copy = scenario.zero_copy;
  server.admission.viewers_max = 30;
  server.admission.connections_per_address = 2;
  return server;
}

SimWorldConfig world_config(const Scenario& scenario, uint64_t seed) {
  SimWorldConfig config;
  config.seed = seed;
  config.ring = {.window = 4, .jpeg_capacity = 32 << 10, .memory_limit = 2 << 20};
  config.camera.fps = 10;
  config.camera.size_min = config.camera.size_max = scenario.picture_bytes;
  config.camera.segments = scenario.segments;
  Random random(seed);
  if (scenario.swarm) config.faults = SimFaults::swarm(random);
  return config;
}

// How long it may take to stop: the grace period, the time in which the shard did not run, and the
// loop iterations of a slow kernel.
Duration stop_limit(const Fault& fault, const SimWorldConfig& config, bool many) {
  Duration limit = 2500ms + 100 * config.faults.turn_time_max + 20 * config.faults.late_max;
  if (fault.kind == Fault::Kind::stall || fault.kind == Fault::Kind::jump) {
    limit += std::chrono::milliseconds(fault.value);
  }
  if (fault.kind == Fault::Kind::errors || many) limit += 2s;
  return limit;
}

// How long the newcomer may have to wait for two pictures: as long as the fault lasts, and a
// moment.
Duration newcomer_limit(const Fault& fault, SimCall call) {
  if (fault.kind == Fault::Kind::stall || fault.kind == Fault::Kind::jump) {
    return kNewcomerLimit + std::chrono::milliseconds(fault.value);
  }
  // Accepting is tried again after a second.
  const bool cannot_accept = fault.kind == Fault::Kind::errors && call == SimCall::accept;
  return kNewcomerLimit + (cannot_accept ? FaultPlan::kErrorsInARow * 1s : 0s);
}

}  // namespace

std::string run_scenario(std::string_view name, uint64_t seed, FaultPlan& plan, const Fault& fault,
                         SimCall call) {
  const Scenario scenario = scenario_of(name);
  const SimWorldConfig config = world_config(scenario, seed);
  FaultWorld world(config, server_config(scenario), plan, scenario.segments ? 3 : 1);
  ShardWorld& shard = world.shard;
  SimBackend& backend = shard.world.backend();
  backend.set_fault_plan(plan);
  if (scenario.descriptors != SIZE_MAX) backend.set_descriptor_limit(scenario.descriptors);
  scenario.fill(world);
  shard.run_for(kScene);
  std::string text = judge_sockets(world);

  const bool many = plan.probability() > 0;
  if (many) plan.end();
  backend.set_descriptor_limit(SIZE_MAX);
  const SimViewer& newcomer = shard.world.add({});
  const auto served = [&newcomer] { return newcomer.stream().frames >= 2; };
  const bool goes_on = shard.run_until(served, newcomer_limit(fault, call));
  const bool excused = plan.victims().contains(newcomer.connection()) ||
                       (newcomer.status() == 503 && lacks_descriptors(fault, call)) ||
                       scenario.swarm;
  if (!goes_on && !excused) {
    text += fmt::format("the newcomer was not served: status {}\n", newcomer.status());
  }
  text += judge_sockets(world);
  const Duration limit = stop_limit(fault, config, many);
  const Duration took = shard.stop(60s + limit);
  if (took > limit) {
    text += fmt::format("it took {} ms to stop\n",
                        std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  }
  if (!many && !scenario.swarm && name != "shortage") text += judge_others(world, fault, call);
  world.sockets.clear();
  text += judge_leftovers(world);
  return text;
}

}  // namespace fanlight
