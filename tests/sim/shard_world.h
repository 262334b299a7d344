// SPDX-License-Identifier: Apache-2.0
// ShardWorld: a whole shard, as it ships, in the simulation.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "http/shard/shard.h"
#include "http/state/server_state.h"
#include "tests/sim/sim_world.h"

namespace fanlight {

// Owns: the world, and the server in it. Thread: one.
class ShardWorld {
 public:
  // `panel`: the camera's, which outlives the world. Several cameras are called cam-1 and so on,
  // and show the same pictures. `is_local`: the listener's clients are on its machine. `unnamed`:
  // how many of the cameras, the last ones, have no name yet.
  explicit ShardWorld(const SimWorldConfig& world_config, const ServerConfig& server_config = {},
                      CameraPanel* panel = nullptr, size_t cameras = 1, bool is_local = false,
                      size_t unnamed = 0)
      : world(world_config),
        state(server_config, make_cameras(world, panel, cameras, unnamed), 1,
              world.backend().wall_now()),
        listeners_{{{world.listener(), false, server_config.tls != nullptr, is_local}}},
        shard(state, 0, world.backend(), listeners_) {
    shard.start();
  }

  ~ShardWorld() {
    if (!running_) return;
    stop();
  }

  void run_for(Duration duration) { world.run_for(duration, turn_); }
  bool run_until(const std::function<bool()>& done, Duration limit) {
    return world.run_until(done, limit, turn_);
  }

  // Stops as SIGTERM does; returns how long it took, which is at most `limit`.
  Duration stop(Duration limit = 60s) {
    const Instant begun = world.now();
    state.stopping = true;
    state.wake_all();
    world.backend().interrupt();
    EXPECT_TRUE(run_until([this] { return !running_; }, limit));
    const Duration took = world.now() - begun;
    world.run_without_server(5s);
    return took;
  }

  ShardStats& stats() { return state.links[0]->stats; }
  ChannelStats& channel_stats() { return state.links[0]->channels[0]; }

  SimWorld world;
  ServerState state;

 private:
  static std::vector<Camera> make_cameras(SimWorld& world, CameraPanel* panel, size_t count,
                                          size_t unnamed) {
    std::vector<Camera> cameras;
    for (size_t i = 0; i < count; ++i) {
      std::string name = i == 0 ? "cam" : "cam-" + std::to_string(i);
      if (i + unnamed >= count) name.clear();
      cameras.push_back({name, "simulated", &world.ring(), panel, false, world.history()});
      if (i == 0) cameras.back().lower_rungs = world.ladder().rings();
    }
    return cameras;
  }

  const std::array<ListeningSocket, 1> listeners_;

 public:
  Shard shard;

 private:
  bool running_ = true;
  SimWorld::Turn turn_ = [this] { return running_ = shard.turn(kNever); };
};

// Stops the server. The conditions at the end of a test.
inline void expect_nothing_left(ShardWorld& shard) {
  shard.stop();
  EXPECT_EQ(shard.world.complaints(), "");
  EXPECT_EQ(shard.world.leftovers(), "");
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

inline std::string get(const std::string& target, const std::string& fields = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: sim\r\n" + fields + "\r\n";
}

}  // namespace fanlight
