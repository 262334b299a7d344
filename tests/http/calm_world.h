// SPDX-License-Identifier: Apache-2.0
// A simulated world in which nothing goes wrong.
#pragma once

#include <cstddef>

#include "http/state/server_state.h"
#include "tests/sim/sim_world.h"

namespace fanlight {

// A camera that delivers pictures of one size, on time.
inline SimWorldConfig calm_world(double fps = 10, size_t frame_bytes = 1'000) {
  SimWorldConfig config;
  config.camera.fps = fps;
  config.camera.size_min = config.camera.size_max = frame_bytes;
  return config;
}

// A server whose version, backend and limit are known.
inline ServerConfig named() {
  ServerConfig config;
  config.version = "1.2.3";
  config.backend = "simulation";
  config.admission.viewers_max = 300;
  return config;
}

}  // namespace fanlight
