// SPDX-License-Identifier: Apache-2.0
// PeerProgress: detects a peer that takes nothing of what is sent to it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/time.h"

namespace fanlight {

// Owns: nothing. Thread: its connection's shard.
// Invariant: has_stalled() is true only if the peer has acknowledged nothing for at least `limit`.
class PeerProgress {
 public:
  // The kernel has just taken bytes, or the wait begins.
  void note(Instant now) noexcept {
    since_ = now;
    is_known_ = false;
  }

  // True if the peer takes no byte for `limit`; any progress keeps it, however slow. To be called
  // every check_period(): `read` returns Backend::peer_progress(), a system call, and is called
  // only if nothing was noted for that long.
  template <class Read>
  bool has_stalled(Instant now, Duration limit, Read read) noexcept {
    if (now - since_ < check_period(limit)) return false;
    const uint64_t acknowledged = read();
    if (is_known_ && acknowledged == acknowledged_) return now - since_ >= limit;
    is_known_ = true;
    acknowledged_ = acknowledged;
    since_ = now;
    return false;
  }

  // Evictions are at most twice this late.
  static Duration check_period(Duration limit) noexcept {
    return std::min<Duration>(500ms, limit / 4);
  }

 private:
  Instant since_{};
  uint64_t acknowledged_ = 0;  // Backend::peer_progress() at since_
  bool is_known_ = false;      // whether acknowledged_ is
};

}  // namespace fanlight
