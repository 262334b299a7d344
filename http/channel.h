// SPDX-License-Identifier: Apache-2.0
// Channel: one shard's view of one rendition: the newest frame, and who is to be sent it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/frame_ring.h"
#include "core/list.h"
#include "core/time.h"
#include "http/server_state.h"
#include "http/turns.h"
#include "http/viewer.h"

namespace fanlight {

// What follows the JPEG where it does not lie behind it in the ring (see core/part.h).
inline constexpr std::string_view kClosing = "\r\n--boundarydonotcross--\r\n";
inline constexpr std::string_view kSeedClosing = "\r\n--frame--\r\n";
inline constexpr std::string_view kSeedDelimiter = "\r\n--frame\r\n";
inline constexpr std::string_view kSeedAdvanceTail =
    "\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n";

struct SnapshotWaiters {};  // tag of the list below

// Owns: the shard's pins on the ring's frames, one FrameRef per frame however many viewers send it;
//   the viewers that have nothing to get at the moment.
// Thread: its shard's.
// Invariants: newest() is pinned; a viewer that is not sending is in `idle_` or waits in the
//   shard's Turns; pins are 0 when destroyed.
class Channel {
 public:
  Channel(FrameRing& ring, ChannelStats& stats, Turns& turns);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  // Takes the ring's newest frame, if there is a newer one, and makes the viewers ready that want
  // it. True when there was one.
  bool refresh(Instant now) noexcept;

  // The sequence through which frames are to be let go of because the ring is full, once for each
  // time that the ring asks; else 0.
  uint64_t take_reclaim() noexcept;

  // Puts a viewer that is not sending where it belongs now: among the idle ones, or in line.
  void settle(Viewer& viewer, Instant now) noexcept;
  // Takes it out of either.
  void withdraw(Viewer& viewer) noexcept;

  void join(Viewer& viewer) noexcept;   // from Viewer's constructor
  void leave(Viewer& viewer) noexcept;  // from its destructor

  // Counted pins on frames of this ring. The caller has newest(), or another pin.
  void pin(const Frame& frame) noexcept;
  void unpin(const Frame& frame) noexcept;

  // The newest frame, nullptr before the first.
  const Frame* newest() const noexcept { return newest_; }
  // True while the camera is stopped because nobody watches.
  bool is_idle() const noexcept { return ring_.stats().idle.value() != 0; }
  uint32_t newcomer_step() const noexcept { return ring_.newcomer_step(); }
  FrameRing& ring() noexcept { return ring_; }
  ChannelStats& stats() noexcept { return stats_; }

  // Connections that wait for a fresh picture to answer a snapshot.
  List<Connection, SnapshotWaiters>& snapshot_waiters() noexcept { return snapshot_waiters_; }

 private:
  struct Pin {
    FrameRef ref;
    uint32_t count = 0;
  };

  FrameRing& ring_;
  ChannelStats& stats_;
  Turns& turns_;
  std::vector<Pin> pins_;  // by place in the ring
  const Frame* newest_ = nullptr;
  uint64_t reclaimed_through_ = 0;
  List<Viewer> idle_;
  List<Connection, SnapshotWaiters> snapshot_waiters_;
};

}  // namespace fanlight
