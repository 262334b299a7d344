// SPDX-License-Identifier: Apache-2.0
// Channel: one shard's view of one rung of a camera: the newest frame, and the viewers it is for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/frame_ring.h"
#include "core/list.h"
#include "http/delivery/frame_waiter.h"
#include "http/delivery/update_cache.h"
#include "http/state/server_state.h"

namespace fanlight {

class Viewer;

// What follows the JPEG if it does not follow it in the ring (see core/part.h).
inline constexpr std::string_view kClosing = "\r\n--boundarydonotcross--\r\n";
inline constexpr std::string_view kSeedClosing = "\r\n--frame--\r\n";
inline constexpr std::string_view kSeedDelimiter = "\r\n--frame\r\n";
inline constexpr std::string_view kSeedAdvanceTail =
    "\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n";

// Owns: the shard's pins on the ring's frames, one FrameRef per frame for any number of viewers.
// Thread: its shard's.
// Invariants: newest() is pinned; pins are 0 when destroyed; whoever watches a lower rung also
//   watches rung 0, so that the camera runs.
class Channel {
 public:
  // `camera`: its name, borrowed; it may be given later. `above`: the channel of the next larger
  // rung, with the same stats; nullptr for rung 0.
  Channel(FrameRing& ring, ChannelStats& stats, const std::string& camera,
          Channel* above = nullptr);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  // Takes the ring's newest frame if it is newer than newest(). True if so.
  bool refresh() noexcept;

  // The sequence up to which frames must be released because the ring is full, once for each
  // request from the ring; else 0.
  uint64_t take_reclaim() noexcept;

  // Have the camera's pictures encoded for this rung.
  void watch() noexcept;
  void unwatch() noexcept;

  // Counts viewers that join and leave; `of_updates`: that get updates.
  void add_viewer(bool of_updates) noexcept;
  void remove_viewer(bool of_updates) noexcept;

  // Counted pins on frames of this ring. The caller passes newest(), or holds another pin.
  void pin(const Frame& frame) noexcept;
  void unpin(const Frame& frame) noexcept;
  // The frame of this sequence, with a pin of the caller's, or nullptr if it is not in the ring.
  const Frame* pin_sequence(uint64_t sequence) noexcept;

  // The newest frame, nullptr before the first.
  const Frame* newest() const noexcept { return newest_; }
  // True while the camera is stopped, or this rung is not encoded, because no one is watching.
  bool is_idle() const noexcept { return ring_.activity() == CaptureActivity::idle; }

  // --- the camera's other rungs ---

  size_t rung() const noexcept { return rung_; }
  Channel& top() noexcept { return *top_; }
  const Channel& top() const noexcept { return *top_; }
  Channel* above() noexcept { return above_; }  // nullptr: this is rung 0
  Channel* below() noexcept { return below_; }  // nullptr: this is the smallest
  // This one, or rung 0's while this rung is withheld.
  Channel& offered() noexcept { return ring_.is_withheld() ? *top_ : *this; }
  // Counts a viewer that moves from this channel to another rung's.
  void move_viewer(Channel& to) noexcept;

  uint32_t newcomer_step() const noexcept { return ring_.newcomer_step(); }
  FrameRing& ring() noexcept { return ring_; }
  const std::string& camera() const noexcept { return updates_.camera(); }
  UpdateCache& updates() noexcept { return updates_; }
  ChannelStats& stats() noexcept { return stats_; }

  // Viewers for which there is nothing to send now; the shard's SendQueue maintains this list.
  List<Viewer>& idle_viewers() noexcept { return idle_viewers_; }
  List<FrameWaiter, FrameWaiters>& frame_waiters() noexcept { return frame_waiters_; }

 private:
  struct Pin {
    FrameRef ref;
    uint32_t count = 0;
  };

  const Frame& keep(FrameRef ref) noexcept;

  FrameRing& ring_;
  ChannelStats& stats_;
  Channel* const above_;
  Channel* const top_;
  const size_t rung_;
  Channel* below_ = nullptr;
  std::vector<Pin> pins_;  // indexed by place in the ring
  const Frame* newest_ = nullptr;
  UpdateCache updates_;
  uint64_t reclaimed_through_ = 0;
  List<Viewer> idle_viewers_;
  List<FrameWaiter, FrameWaiters> frame_waiters_;
};

}  // namespace fanlight
