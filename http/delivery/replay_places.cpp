// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/replay_places.h"

#include <unistd.h>

#include <algorithm>

#include "core/history/frame_history.h"

namespace fanlight {
namespace {

// For the largest frame of any camera; a page where no camera has a history.
size_t room_in(const ServerState& state) {
  size_t bytes = 1;
  for (const Camera& camera : state.cameras) {
    if (camera.history == nullptr) continue;
    bytes = std::max(bytes, HistoryReader::room_for(camera.history->jpeg_max()));
  }
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

}  // namespace

ReplayPlaces::ReplayPlaces(ServerState& state)
    : admission_(state.admission), stride_(room_in(state)), memory_(kMax * stride_), slab_(kMax) {
  free_.reserve(kMax);
  for (size_t i = kMax; i > 0; --i) free_.push_back((i - 1) * stride_);
}

Replay* ReplayPlaces::make(FrameHistory& history, AddressTable::Entry share) noexcept {
  if (free_.empty()) return nullptr;
  char* const room = reinterpret_cast<char*>(memory_.data()) + free_.back();
  Replay* const replay = slab_.make(ReplayPlace{*this, reader_, {room, stride_}}, history, share);
  CHECK(replay != nullptr);  // as many as there are pieces of memory
  free_.pop_back();
  return replay;
}

void ReplayPlaces::destroy(Replay& replay) noexcept {
  const auto* const room = reinterpret_cast<const std::byte*>(replay.place().room.data());
  const auto offset = static_cast<size_t>(room - memory_.data());
  admission_.return_share(replay.share(), Held::replay);
  memory_.give_back(offset, stride_);
  free_.push_back(offset);
  slab_.destroy(&replay);
}

}  // namespace fanlight
