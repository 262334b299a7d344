// SPDX-License-Identifier: Apache-2.0
#include "http/answer/admit.h"

#include "core/check.h"

namespace fanlight {

std::string_view take_place(const Call& call, size_t frame_bytes, double fps, Seat& seat) noexcept {
  ShardStats& stats = call.services.stats;
  ServerState& state = call.services.state;
  seat.client = call.client();
  switch (state.admission.admit(seat.client, frame_bytes, fps, seat.place)) {
    case Verdict::admitted:
      return {};
    case Verdict::full:
      call.services.note_full();
      return "no room for another viewer";
    case Verdict::address_full:
      stats.refused_address.add();
      call.services.events.address_full(call.now, seat.client,
                                        state.admission.config().viewers_per_address);
      return "too many streams from your address";
    case Verdict::wire_full:
      stats.refused_wire.add();
      call.services.events.wire_full(call.now, state.wire->claimed(), state.wire->usable());
      return "not enough bandwidth for another viewer";
  }
  CHECK(false);
}

size_t frame_bytes_of(const Channel& channel) noexcept {
  const Frame* frame = channel.newest();
  return frame == nullptr ? 0 : frame->plain_part().size();
}

}  // namespace fanlight
