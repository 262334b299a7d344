// SPDX-License-Identifier: Apache-2.0
// FrameSink: where a viewer's frames go: its connection.
#pragma once

#include "core/time.h"
#include "http/protocol/piece.h"

namespace fanlight {

class Viewer;

// Thread: its shard's.
// Invariant: sends one frame at a time, for any of its viewers.
class FrameSink {
 public:
  // Whether a send is in flight whose completion has not arrived.
  virtual bool is_sending() const noexcept = 0;

  // Sends `piece`, the frame that `viewer` has begun. Only while no send is in flight.
  virtual void send_frame(Viewer& viewer, const Piece& piece) noexcept = 0;

  // Has the viewer settled again at `deadline` or before (SendQueue::settle()).
  virtual void ensure_timer(Instant deadline) noexcept = 0;

 protected:
  ~FrameSink() = default;
};

}  // namespace fanlight
