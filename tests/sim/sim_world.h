// SPDX-License-Identifier: Apache-2.0
// SimWorld: everything around one shard: the kernel, the network, the camera, the clients.
//
// How to use it:
//
//   Random random(seed);
//   SimWorldConfig config{.seed = seed, .faults = SimFaults::swarm(random)};
//   config.ring = {.window = 8, .jpeg_capacity = 100'000, .memory_limit = 8 << 20};
//   config.camera = {.fps = 30, .size_min = 10'000, .size_max = 100'000};
//   SimWorld world(config);                       // before the server: it must live longer
//   ServerUnderTest server(world.backend(), world.ring(), world.listener());
//   SimViewer& fast = world.add({.request = "GET /stream HTTP/1.1\r\nHost: sim\r\n\r\n"});
//   SimViewer& slow = world.add({.connect_after = 2s, .read_rate = 20'000});
//   const auto turn = [&] { return server.turn(kNever); };   // false: the server has stopped
//   world.run_for(60s, turn);                     // of virtual time
//   server.begin_stop();
//   EXPECT_TRUE(world.run_until([&] { return server.stopped(); }, 2s, turn));
//   world.run_without_server(1s);                 // bytes still in the kernel arrive
//   EXPECT_EQ(world.complaints(), "");            // wrong bytes that a client received
//   EXPECT_EQ(world.leftovers(), "");             // sockets and requests that were forgotten
//   EXPECT_EQ(world.forbidden_allocations(), 0u);
//   EXPECT_EQ(fast.stream().gaps, 0u);            // see sim_viewer.h for more figures
//
// - A loop iteration of the server must call Backend::wait() at least once. Everything else acts
//   inside wait(), at its times on the virtual clock; an idle iteration jumps to the next event.
//   Allocation is forbidden (and counted) during iterations, except for the simulation's own in
//   wait().
// - Repeat a run by its seed: the same seed gives the same trace_hash(). To check more at given
//   moments, plan it: world.backend().clock().after(5s, [&] { EXPECT_LT(...); }).
// - Without faults (SimFaults{}) everything is on time and in order; fast clients miss no frame.
//   With SimFaults::swarm() the network may reset connections: then only bytes that arrive count.
// - The ring's destructor fails if a pin remains, Operation's if a request is in flight, ListHook's
//   if it is still in a list; destroy the server before the world.
// - Figures: camera().most_pinned_places(), camera().most_kernel_bytes() (bytes that the server's
//   kernel holds for all sockets, orphans included), backend().network().orphans(),
//   worst_age(viewer).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/frame_ring.h"
#include "core/history/frame_history.h"
#include "tests/sim/faults/sim_faults.h"
#include "tests/sim/sim_backend.h"
#include "tests/sim/sim_camera.h"
#include "tests/sim/sim_ladder.h"
#include "tests/sim/sim_viewer.h"

namespace fanlight {

struct SimWorldConfig {
  uint64_t seed = 1;
  SimFaults faults{};
  FrameRingConfig ring{.window = 8, .jpeg_capacity = 128 << 10, .memory_limit = 16 << 20};
  SimCameraScript camera{};
  std::optional<FrameHistoryConfig> history{};  // of the camera
  std::vector<size_t> rung_bytes{};             // of the pictures of each lower rung
  unsigned listeners = 1;
  std::optional<WallTime> wall_clock{};  // at the start; else SimBackend's own
};

// Owns: the backend, the ring, the camera, the viewers. Thread: one.
class SimWorld {
 public:
  // One loop iteration of the server under test; false once it has stopped.
  using Turn = std::function<bool()>;

  explicit SimWorld(const SimWorldConfig& config);
  ~SimWorld();

  SimBackend& backend() { return backend_; }
  FrameRing& ring() { return ring_; }
  FrameHistory* history() { return history_ ? &*history_ : nullptr; }
  SimCamera& camera() { return camera_; }
  SimLadder& ladder() { return ladder_; }
  int listener(size_t index = 0) const { return listeners_.at(index); }
  Instant now() { return backend_.now(); }

  // A client of this listener; it lives as long as the world.
  SimViewer& add(SimScript script, size_t listener = 0);
  const std::deque<std::unique_ptr<SimViewer>>& viewers() const { return viewers_; }

  // Runs the server for this time, or until it has stopped.
  void run_for(Duration duration, const Turn& turn);
  // Runs the server until `done`, checked after every iteration; false if `limit` passed first.
  bool run_until(const std::function<bool()>& done, Duration limit, const Turn& turn);
  // Lets time pass without a server.
  void run_without_server(Duration duration);

  // One line for each viewer that received something wrong; empty if there is none.
  std::string complaints() const;
  // Descriptors and requests that the server has left behind; empty if there are none. The
  // listeners belong to the world.
  std::string leftovers() const;
  // During the iterations of this world.
  uint64_t forbidden_allocations() const { return forbidden_allocations_; }
  // The longest time from a frame's publication until the viewer had all of it. Repeats are
  // excluded, and so is the first frame, which may have been old when the viewer connected.
  Duration worst_age(const SimViewer& viewer) const;
  uint64_t trace_hash() const { return backend_.trace_hash(); }

 private:
  const SimWorldConfig config_;
  FrameRing ring_;
  std::optional<FrameHistory> history_;
  SimBackend backend_;
  std::vector<int> listeners_;
  SimCamera camera_;
  SimLadder ladder_;
  std::deque<std::unique_ptr<SimViewer>> viewers_;
  struct Newest {
    uint64_t sequence = 0;
    Duration worst_age{0};
  };
  std::map<const SimViewer*, Newest> newest_;  // only looked up, never iterated
  uint64_t forbidden_allocations_ = 0;
};

}  // namespace fanlight
