// SPDX-License-Identifier: Apache-2.0
// The parameters in the query of a stream, a snapshot, a clip or a WebSocket.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.h"
#include "http/delivery/ustreamer_framing.h"

namespace fanlight {

struct StreamParameters {
  double fps = 0;                  // cap for this viewer, 0: none; fractions allowed, up to 1000
  uint64_t frames = 0;             // end after this many parts, 0: never
  int advance_headers = -1;        // 1, 0, or -1: not given
  int64_t max_delay_ms = -1;       // snapshot: maximum age of the picture, -1: any
  bool segments = false;           // updates instead of whole frames, where possible
  bool dual_final_frames = false;  // the last frame before a pause is repeated soon
  // Of the history: how long before now.
  std::optional<Duration> at{};    // snapshot
  std::optional<Duration> from{};  // stream, clip
  std::optional<Duration> to{};    // clip
  UstreamerOptions ustreamer{};
};

// Fills `parameters`. Unknown ones are ignored: dashboards append some to get around caches.
// Returns an empty view, or the error (static lifetime), which names the parameter: an invalid
// value, or a parameter given twice.
std::string_view parse_parameters(std::string_view query, StreamParameters& parameters) noexcept;

}  // namespace fanlight
