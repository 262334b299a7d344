// SPDX-License-Identifier: Apache-2.0
// SendQueue: the viewers of one shard for whom a frame is ready, in the order they are served.
#pragma once

#include <cstddef>

#include "core/list.h"
#include "core/time.h"
#include "http/delivery/viewer.h"
#include "http/state/wire.h"

namespace fanlight {

class Channel;

// Owns: the order in which viewers are served, those of all cameras in one queue, and the lists of
//   those that are idle (Channel::idle_viewers()); the shard's part of the wire's budget. Borrows
//   the wire.
// Thread: its shard's.
// Invariants: a viewer that was settled is in the queue or idle until it is withdrawn or served; a
//   viewer that was served goes behind all that wait, so that all get the same number of frames
//   when the wire, or this core, cannot carry all of them.
class SendQueue {
 public:
  // `wire` nullptr: no viewer is held back.
  SendQueue(Wire* wire, unsigned shard) noexcept : wire_(wire), shard_(shard) {}
  ~SendQueue() { publish(0); }

  // Puts a viewer that is not sending where it belongs now: into the queue if its channel's newest
  // frame is for it, else among the idle ones. One that is queued keeps its place.
  void settle(Viewer& viewer, Instant now) noexcept;
  // Takes it out of either, if it is in one.
  void withdraw(Viewer& viewer) noexcept;
  // The channel has a new frame: settles its idle viewers.
  void settle_idle(Channel& channel, Instant now) noexcept;

  // Begins the newest frame of their camera for the viewers in the queue; first for those that the
  // budget does not concern, since the others may have to wait for it. Stops after about
  // kWorkPerTurn, because sends are carried out while they are submitted, and accepts and requests
  // must not wait for all of them. Returns when to call again: at once (Instant::min()) when
  // viewers are left over, later when the wire is to be waited for, kNever when no viewer waits.
  Instant serve(Instant now) noexcept;

  // The work of one call, in bytes copied into sockets: a send costs as much as copying
  // kWorkPerSend beside the frame itself, by the bare kernel's row in bench/SCALING.md (6.0 us +
  // 0.184 us/KB). Together 274 frames of 20 KB, 108 of 100 KB, or 13 of 1 MB: one to three
  // milliseconds. Fewer to a turn cost more each (bench/floor --batch).
  static constexpr size_t kWorkPerTurn = 14 << 20;
  static constexpr size_t kWorkPerSend = 32 << 10;

  // One shard's part of the wire: takes `time` of it if the wire is free and the shard is not ahead
  // of its part, which it has used up until `free_at`. `share`: how many such parts there are.
  static bool take_part(Wire& wire, Instant& free_at, Duration time, double share,
                        Instant now) noexcept;

  // Bytes that are sent without waiting, which the viewers are to make up for: snapshots, pages.
  void charge(size_t bytes, Instant now) noexcept;

 private:
  List<Viewer>& queue_of(const Viewer& viewer) noexcept {
    return viewer.options().paced ? paced_ : unpaced_;
  }
  Instant serve_queues(Instant now) noexcept;
  bool may_begin(size_t bytes, Instant now) noexcept;
  void publish(size_t waiting) noexcept;

  Wire* const wire_;
  const unsigned shard_;
  List<Viewer> unpaced_;     // the budget does not concern these
  List<Viewer> paced_;       // the others
  size_t published_ = 0;     // what the other shards know of paced_.size()
  Instant free_at_{};        // when this shard has used up its part of the budget until
  Instant blocked_until_{};  // why may_begin() said no
};

}  // namespace fanlight
