// SPDX-License-Identifier: Apache-2.0
// A whole shard on the simulated kernel (tests/sim). The input is a program of commands, a byte
// each and its operands: clients connect, send any bytes in any pieces, read or do not, end, reset
// or vanish, while time passes; its end chooses the faults of kernel and network. Every answer is
// whole, nothing is allocated while it runs, and nothing is left when the server has stopped.
#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/waker.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/simulated_peer.h"
#include "tests/sim/shard_world.h"
#include "tests/sim/sim_threads.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

constexpr size_t kPeersMax = 8;
constexpr size_t kCommandsMax = 60;

const std::vector<std::string>& requests() {
  static const std::vector<std::string> kRequests = {
      get("/stream"),
      get("/video_feed?advance_headers=1"),
      get("/stream?frames=2&fps=5"),
      get("/snapshot"),
      get("/snapshot?max_delay=0"),
      get("/api/v1/state") + get("/metrics"),
      get("/cameras") + get("/") + get("/nothing"),
      get("/healthz"),
      web_socket_request("/ws"),
      web_socket_request("/ws?segments=1"),
      web_socket_request("/ws?cameras=*&fps=5"),
      "PATCH /cameras/cam/controls HTTP/1.1\r\nHost: sim\r\nContent-Type: application/json\r\n"
      "Content-Length: 16\r\n\r\n{\"brightness\":1}",
      "POST /stream HTTP/1.1\r\nHost: sim\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
      "\r\n",
      get("/?action=stream&x=1"),
      "OPTIONS * HTTP/1.1\r\nHost: sim\r\n\r\n",
      get("/state", "Connection: close\r\n"),
  };
  return kRequests;
}

// Each fault is off, or as strong as its byte says.
SimFaults read_faults(FuzzInput& input) {
  SimFaults faults;
  const auto rate = [&](double high) { return high * input.byte() / 255; };
  faults.small_segment = rate(1);
  faults.short_send = rate(1);
  faults.short_receive = rate(1);
  faults.late = rate(1);
  faults.late_max = from_seconds(rate(0.05));
  faults.reordered = rate(1);
  faults.small_batch = rate(1);
  faults.reset = rate(0.02);
  faults.send_no_buffers = rate(0.05);
  faults.accept_no_files = rate(0.5);
  faults.accept_aborted = rate(0.5);
  faults.accept_ends = rate(1);
  faults.cancel_lost = rate(0.5);
  faults.unread_lost = rate(1);
  faults.zero_copy_copied = rate(1);
  faults.zero_copy_no_memory = rate(0.5);
  faults.zero_copy_reports = !input.flag();
  faults.submission_queue = 256u >> input.below(9);
  faults.reuses_descriptors = !input.flag();
  return faults;
}

SimLink read_link(uint8_t choice) {
  SimLink link;
  link.send_buffer = size_t{1} << (10 + choice % 7);
  link.receive_window = size_t{1} << (10 + choice / 7 % 7);
  link.latency = choice & 1 ? 5ms : 0ms;
  return link;
}

// Owns: the clients of one run. Thread: one; destroyed before the world.
class Program {
 public:
  Program(ShardWorld& shard, std::string_view commands) : shard_(shard), left_(commands) {}

  void run() {
    connect();
    for (size_t i = 0; i < kCommandsMax && !left_.empty(); ++i) run_command(take());
  }

  void check() const {
    for (const auto& peer : peers_) CHECK(peer->violation() == "");
  }

 private:
  uint8_t take() {
    if (left_.empty()) return 0;
    const char first = left_.front();
    left_.remove_prefix(1);
    return static_cast<uint8_t>(first);
  }
  SimulatedPeer& peer() { return *peers_[current_]; }

  void connect(uint8_t link = 0) {
    if (peers_.size() >= kPeersMax) return;
    peers_.push_back(std::make_unique<SimulatedPeer>(shard_.world.backend(),
                                                     shard_.world.listener(), read_link(link)));
    current_ = peers_.size() - 1;
  }

  void send_text() {
    const size_t size = take();
    const std::string_view text = left_.substr(0, size);
    left_.remove_prefix(text.size());
    peer().send(text);
  }

  void send_frame() {
    const uint8_t first = take();
    const size_t size = take();
    const std::string_view payload = left_.substr(0, size);
    left_.remove_prefix(payload.size());
    peer().send(client_frame(first, payload));
  }

  void run_command(uint8_t command) {
    switch (command % 13) {
      case 0:
        return shard_.run_for(std::chrono::milliseconds(1 + 20 * take()));
      case 1:
        return send_text();
      case 2:
        return peer().send(requests()[take() % requests().size()]);
      case 3:
        return send_frame();
      case 4:
        return connect(take());
      case 5:
        current_ = take() % peers_.size();
        return;
      case 6:
        return peer().set_reading(false);
      case 7:
        return peer().set_reading(true);
      case 8:
        return peer().end_writing();
      case 9:
        return peer().close();
      case 10:
        return peer().reset();
      case 11:
        return peer().cut();
      case 12:
        return shard_.world.backend().set_descriptor_limit(1 + take() % 32);
    }
  }

  ShardWorld& shard_;
  std::string_view left_;
  std::deque<std::unique_ptr<SimulatedPeer>> peers_;
  size_t current_ = 0;
};

ServerConfig read_server(FuzzInput& input) {
  ServerConfig server;
  server.version = "sim";
  server.viewer_stall_timeout = 3s;
  server.header_timeout = 2s;
  server.idle_timeout = 3s;
  server.admission.viewers_max = 1 + input.below(8);
  constexpr std::array kModes = {ZeroCopyMode::off, ZeroCopyMode::on, ZeroCopyMode::automatic};
  server.zero_copy = kModes[input.below(kModes.size())];
  server.allow_control = !input.flag();
  return server;
}

SimWorldConfig read_world(FuzzInput& input) {
  SimWorldConfig config;
  config.seed = input.below(65536);
  config.faults = read_faults(input);
  config.ring.window = size_t{2} << input.below(3);
  config.ring.jpeg_capacity = 8 << 10;
  config.ring.memory_limit = 1 << 20;
  config.camera.fps = 1 + static_cast<double>(input.below(30));
  config.camera.size_min = 100;
  config.camera.size_max = 200 + 16 * input.below(256);
  config.camera.segments = input.flag();
  if (input.flag()) config.camera.lost_at = 500ms;
  config.camera.lost_for = 500ms;
  return config;
}

}  // namespace

void fuzz(std::string_view bytes) {
  GTEST_FLAG_SET(break_on_failure, true);  // what ShardWorld expects
  FuzzInput input(bytes);
  const SimWorldConfig world = read_world(input);
  const ServerConfig server = read_server(input);
  Waker camera;
  CameraPanel panel(camera);  // its destructor checks that no request is left
  ShardWorld shard(world, server, &panel);
  const Servant servant(panel, shard.world.backend().clock(), 1);
  {
    Program program(shard, input.rest());
    program.run();
    shard.run_for(500ms);
    shard.stop();
    program.check();
  }
  CHECK(shard.world.leftovers() == "");
  CHECK(shard.world.forbidden_allocations() == 0);
  CHECK(shard.world.ring().watchers() == 0);
  CHECK(shard.state.admission.viewers() == 0);
  CHECK(shard.channel_stats().viewers.value() == 0);
  CHECK(shard.stats().connections_open.value() == 0);
}

}  // namespace fanlight
