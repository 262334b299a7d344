// SPDX-License-Identifier: Apache-2.0
// The parameters in the query of a stream, a snapshot, a clip or a WebSocket, and the rung that
// they choose.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "core/time.h"
#include "http/answer/answer.h"
#include "http/answer/call.h"
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
  int rung = -1;                   // of the camera's ladder, -1: not given
  unsigned size_width = 0;         // the largest that the picture may be, pixels; 0: not given
  unsigned size_height = 0;
  UstreamerOptions ustreamer{};

  // The least time between two frames, by `fps`; 0: every frame.
  Duration interval() const noexcept;
  // Whether the client has chosen a rung; else its line does.
  bool is_pinned() const noexcept { return rung >= 0 || size_width > 0; }
};

inline constexpr std::string_view kHistoryIsOfRungZero =
    "at, from: the history is of rung 0; leave out rung and size";

// Fills `parameters`. Unknown ones are ignored: dashboards append some to get around caches.
// Returns an empty view, or the error (static lifetime), which names the parameter: an invalid
// value, or a parameter given twice.
std::string_view parse_parameters(std::string_view query, StreamParameters& parameters) noexcept;

// The rung of the camera's ladder. `rung=N`: that one. `size=WxH`: the largest that fits into it.
// Neither: rung 0. Else the answer: 404 with the rungs that there are, or 503 while the camera's
// size is not known.
std::variant<Channel*, Reply> choose_rung(const Call& call,
                                          const StreamParameters& parameters) noexcept;

}  // namespace fanlight
