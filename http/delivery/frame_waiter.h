// SPDX-License-Identifier: Apache-2.0
// FrameWaiter: waits for a fresh picture, to answer a snapshot: a connection.
#pragma once

#include <cstdint>

#include "core/list.h"

namespace fanlight {

struct FrameWaiters {};  // tag of a channel's list

// Thread: its shard's.
// Invariant: linked in at most one channel's list (Channel::frame_waiters()).
class FrameWaiter : public ListHook<FrameWaiters> {
 public:
  // The sequence of the newest frame when the wait began, 0 if there was none.
  virtual uint64_t newer_than() const noexcept = 0;
  // A newer frame has arrived. Takes itself out of the list.
  virtual void on_newer_frame() noexcept = 0;

 protected:
  ~FrameWaiter() = default;
};

}  // namespace fanlight
