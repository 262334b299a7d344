// SPDX-License-Identifier: Apache-2.0
// Farewell: a summary of the server's work, in one line of the log at its end.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.h"

namespace fanlight {

struct ServerState;

struct Farewell {
  Duration uptime{};
  uint64_t viewers = 0;  // streams, since the start
  uint64_t most = 0;     // the most at one time
  uint64_t pictures = 0;
  uint64_t bytes = 0;    // to clients of all kinds
  uint64_t skipped = 0;  // pictures that slow viewers did not get
  uint64_t refused = 0;  // 503
};

// After the shards have ended.
Farewell sum_up(const ServerState& state, Duration uptime);

// "stopped after 2 h 5 min: 153 viewers, at most 12 at once; 4711 pictures, 1.3 GB sent".
std::string farewell_text(const Farewell& farewell);

}  // namespace fanlight
