// SPDX-License-Identifier: Apache-2.0
// ReplayPlaces: the replays of one shard, a bounded number of them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/history/history_reader.h"
#include "core/slab.h"
#include "http/delivery/replay.h"
#include "http/state/server_state.h"

namespace fanlight {

// Owns: the replays and the memory of their frames, which costs nothing while there are none.
// Thread: its shard's.
// Invariants: nothing is allocated after construction; all are returned on destruction.
class ReplayPlaces final : public ReplayOwner {
 public:
  static constexpr size_t kMax = 4 * kBodiesPerAddress;

  // Throws std::system_error when the address space is refused. `state` outlives it.
  explicit ReplayPlaces(ServerState& state);
  ReplayPlaces(const ReplayPlaces&) = delete;
  ReplayPlaces& operator=(const ReplayPlaces&) = delete;

  // nullptr if there is no place. Otherwise `share` is returned with it.
  Replay* make(FrameHistory& history, AddressTable::Entry share) noexcept;
  void destroy(Replay& replay) noexcept override;

  size_t used() const noexcept { return slab_.used(); }

 private:
  Admission& admission_;
  const size_t stride_;  // whole pages
  LazyMemory memory_;
  HistoryReader reader_;
  Slab<Replay> slab_;
  std::vector<size_t> free_;  // offsets of memory
};

}  // namespace fanlight
