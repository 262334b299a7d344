// SPDX-License-Identifier: Apache-2.0
// A simulated world in which nothing goes wrong.
#pragma once

#include <cstddef>

#include "tests/sim/sim_world.h"

namespace fanlight {

// A camera that delivers pictures of one size, on time.
inline SimWorldConfig calm_world(double fps = 10, size_t frame_bytes = 1'000) {
  SimWorldConfig config;
  config.camera.fps = fps;
  config.camera.size_min = config.camera.size_max = frame_bytes;
  return config;
}

}  // namespace fanlight
