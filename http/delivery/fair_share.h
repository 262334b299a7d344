// SPDX-License-Identifier: Apache-2.0
// FairShare: what a FairQueue keeps of each viewer.
#pragma once

#include <cstdint>

#include "core/list.h"
#include "core/time.h"

namespace fanlight {

// Links the viewers in the order of waiting.
struct WaitingOrder;

// Owns: nothing; FairQueue maintains it. Thread: its shard's.
class FairShare : public ListHook<WaitingOrder> {
 private:
  friend class FairQueue;
  // On the queue's clock, bytes: of the frame for which it waits, or waited last.
  uint64_t turn_ = 0;
  uint64_t end_ = 0;  // of its last frame
  Instant waits_since_{};
};

}  // namespace fanlight
