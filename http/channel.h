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
//   the order in which viewers are served.
// Thread: its shard's.
// Invariants: newest() is pinned; a viewer that is not sending is in `idle_` (has nothing to get)
//   or in `ready_` (waits for its turn); pins are 0 when destroyed.
class Channel {
 public:
  Channel(FrameRing& ring, ShardStats& stats);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  // Takes the ring's newest frame, if there is a newer one, and makes the viewers ready that want
  // it. True when there was one.
  bool refresh(Instant now) noexcept;

  // Lets up to `limit` ready viewers start on the newest frame; true when some are left. Bounded,
  // because sends are carried out while they are submitted: accepts and requests want their turn.
  bool serve(unsigned limit, Instant now) noexcept;

  // The sequence through which frames are to be let go of because the ring is full, once for each
  // time that the ring asks; else 0.
  uint64_t take_reclaim() noexcept;

  // Puts a viewer that is not sending where it belongs now.
  void settle(Viewer& viewer, Instant now) noexcept;

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
  ShardStats& stats() noexcept { return stats_; }

  // Connections that wait for a fresh picture to answer a snapshot.
  List<Connection, SnapshotWaiters>& snapshot_waiters() noexcept { return snapshot_waiters_; }

 private:
  struct Pin {
    FrameRef ref;
    uint32_t count = 0;
  };
  void withdraw(Viewer& viewer) noexcept;

  FrameRing& ring_;
  ShardStats& stats_;
  std::vector<Pin> pins_;  // by place in the ring
  const Frame* newest_ = nullptr;
  uint64_t reclaimed_through_ = 0;
  List<Viewer> idle_;
  List<Viewer> ready_;
  List<Connection, SnapshotWaiters> snapshot_waiters_;
};

}  // namespace fanlight
