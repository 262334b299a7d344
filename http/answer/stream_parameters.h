// SPDX-License-Identifier: Apache-2.0
// What a client asks for in the query of a stream, a snapshot or a WebSocket.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/delivery/ustreamer_framing.h"

namespace fanlight {

struct StreamParameters {
  double fps = 0;                  // cap for this viewer, 0: none; fractions allowed, up to 1000
  uint64_t frames = 0;             // end after so many parts, 0: never
  int advance_headers = -1;        // 1, 0, or -1: not said
  int64_t max_delay_ms = -1;       // snapshot: oldest picture wanted, -1: any
  bool dual_final_frames = false;  // the last frame before a pause once more, soon
  UstreamerOptions ustreamer{};
};

// Fills `parameters`. Those that nobody knows are ignored: dashboards append some to get around
// caches. Returns an empty view, or what is wrong (static lifetime), naming the parameter: a value
// that makes no sense, or one that is given twice.
std::string_view parse_parameters(std::string_view query, StreamParameters& parameters) noexcept;

}  // namespace fanlight
