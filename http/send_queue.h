// SPDX-License-Identifier: Apache-2.0
// Turns: whose turn it is: the viewers of one shard that a frame waits for.
#pragma once

#include <cstddef>

#include "core/list.h"
#include "core/time.h"
#include "http/viewer.h"
#include "http/wire.h"

namespace fanlight {

// Owns: the order in which viewers are served, those of all cameras in one line; the shard's part
//   of the wire's budget. Borrows the wire.
// Thread: its shard's.
// Invariant: who was served comes behind everybody who waits, so that all get the same number of
//   frames when the wire, or this core, cannot carry all of them.
class Turns {
 public:
  // `wire` nullptr: nobody is held back.
  Turns(Wire* wire, unsigned shard) noexcept : wire_(wire), shard_(shard) {}
  ~Turns() { publish(0); }

  void add(Viewer& viewer) noexcept { line_of(viewer).push_back(viewer); }
  void remove(Viewer& viewer) noexcept { line_of(viewer).remove(viewer); }
  bool nobody_waits() const noexcept { return unpaced_.empty() && paced_.empty(); }

  // Begins the newest frame of their camera for the viewers in line; first for those that the
  // budget does not concern, since the others may have to wait for it. Stops after about
  // kWorkPerTurn, because sends are carried out while they are submitted, and accepts and requests
  // must not wait for all of them. Returns when to call again: at once (Instant::min()) when
  // viewers are left over, later when the wire is to be waited for, kNever when nobody waits.
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
  List<Viewer>& line_of(const Viewer& viewer) noexcept {
    return viewer.options().paced ? paced_ : unpaced_;
  }
  Instant serve_lines(Instant now) noexcept;
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
