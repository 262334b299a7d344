// SPDX-License-Identifier: Apache-2.0
// SendQueue: the viewers of one shard for which a frame is ready, in the order of service.
#pragma once

#include <cstddef>

#include "core/list.h"
#include "core/time.h"
#include "http/delivery/fair_queue.h"
#include "http/delivery/viewer.h"
#include "http/state/wire.h"

namespace fanlight {

class Channel;

// Owns: the order in which viewers are served, one queue for all cameras, and the lists of idle
//   viewers (Channel::idle_viewers()); the shard's part of the wire's budget. Borrows the wire.
// Thread: its shard's.
// Invariants: a settled viewer is in the queue or idle until it is withdrawn or served; a viewer
//   outside the wire's budget that was served goes to the end of the queue, so that all get the
//   same number of frames when this core cannot carry all of them; those within it get the same
//   number of bytes (FairQueue).
class SendQueue {
 public:
  // `wire` nullptr: no viewer is held back.
  SendQueue(Wire* wire, unsigned shard) noexcept : wire_(wire), shard_(shard) {}
  ~SendQueue() { publish(0); }

  // Puts a viewer that is not sending where it belongs now: into the queue if it wants its
  // channel's newest frame, else among the idle ones. A queued viewer keeps its place.
  void settle(Viewer& viewer, Instant now) noexcept;
  // Removes it from the queue or the idle list, if it is in one.
  void withdraw(Viewer& viewer) noexcept;
  // The channel has a new frame: settles its idle viewers.
  void settle_idle(Channel& channel, Instant now) noexcept;

  // Starts the newest frame of their camera for the viewers in the queue, first for those outside
  // the wire's budget, since the others may have to wait for it. Stops after about kWorkPerTurn,
  // because a send is executed while it is submitted, and accepts and requests must not wait for
  // all sends. Returns when to call again: immediately (Instant::min()) if viewers are left over,
  // later if they wait for the wire, kNever if no viewer waits.
  Instant serve(Instant now) noexcept;

  // The work of one call, in bytes copied into sockets. Besides copying the frame, a send costs as
  // much as copying kWorkPerSend, by the bare kernel's row in bench/SCALING.md (6.0 us + 0.184
  // us/KB). The limit is 274 frames of 20 KB, 108 of 100 KB, or 13 of 1 MB: one to three
  // milliseconds. With fewer frames per loop iteration each costs more (bench/floor --batch).
  static constexpr size_t kWorkPerTurn = 14 << 20;
  static constexpr size_t kWorkPerSend = 32 << 10;

  // One shard's part of the wire: takes `time` of it if the wire is free and the shard is not ahead
  // of its part, which it has used up until `free_at`. `share`: the number of such parts.
  static bool take_part(Wire& wire, Instant& free_at, Duration time, double share,
                        Instant now) noexcept;

  // Charges bytes that are sent without waiting: snapshots, pages. Viewers make up for them.
  void charge(size_t bytes, Instant now) noexcept;

 private:
  Instant serve_queues(Instant now) noexcept;
  bool serve_front(Viewer& viewer, Instant now, size_t& work) noexcept;
  Duration patience() const noexcept;
  bool may_begin(size_t bytes, Instant now) noexcept;
  void publish(size_t waiting) noexcept;

  Wire* const wire_;
  const unsigned shard_;
  List<Viewer> unpaced_;     // outside the wire's budget
  FairQueue paced_;          // within it
  size_t published_ = 0;     // paced_.size() as the other shards know it
  Instant free_at_{};        // until then this shard has used up its part of the budget
  Instant blocked_until_{};  // set when may_begin() returns false
};

}  // namespace fanlight
