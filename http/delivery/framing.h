// SPDX-License-Identifier: Apache-2.0
// Framing: what surrounds a frame for a viewer that does not get it as stored in the ring.
//
// Most viewers get a slice of the ring (core/part.h). Some need other bytes around each JPEG: the
// messages of a WebSocket, or more fields in a part's head. These are in memory of the connection
// or of its shard, and sent with the JPEG in one request; or instead of it, for an update.
#pragma once

#include <cstddef>

#include "core/frame.h"
#include "core/time.h"
#include "http/protocol/piece.h"

namespace fanlight {

class Viewer;

// Owns: what it needs for one piece. Thread: its connection's shard.
// Invariant: the piece that wrap() returned is sent or abandoned before the next call.
class Framing {
 public:
  // `frame` as `viewer` gets it; the viewer has it pinned until the piece is sent. `is_last`: the
  // stream ends with it.
  virtual Piece wrap(const Viewer& viewer, const Frame& frame, bool is_last,
                     Instant now) noexcept = 0;

  // The size of what wrap() would return for the channel's newest frame, except for a part of
  // constant size.
  virtual size_t size_of(const Viewer&, const Frame& frame) noexcept {
    return frame.plain_part().size();
  }

 protected:
  ~Framing() = default;
};

}  // namespace fanlight
