// SPDX-License-Identifier: Apache-2.0
#include "http/admit.h"

#include "core/check.h"
#include "http/client_address.h"

namespace fanlight {

std::string_view take_place(const Call& call, size_t frame_bytes, double fps,
                            Answer& answer) noexcept {
  ShardStats& stats = call.shard.stats();
  ServerState& state = call.shard.state();
  answer.viewer.peer_is_local = call.shard.reactor().backend().peer_address(call.fd).is_local;
  answer.client = client_of(call);
  switch (state.admission.admit(answer.client, frame_bytes, fps, answer.place)) {
    case Verdict::admitted:
      return {};
    case Verdict::full:
      call.shard.note_full();
      return "all places for viewers are taken";
    case Verdict::address_full:
      stats.refused_address.add();
      call.shard.events().address_full(call.now, answer.client,
                                       state.admission.config().viewers_per_address);
      return "your address has as many streams as one may have";
    case Verdict::wire_full:
      stats.refused_wire.add();
      call.shard.events().wire_full(call.now, state.wire->claimed(), state.wire->usable());
      return "the network bears no more viewers";
  }
  CHECK(false);
}

size_t frame_bytes_of(const Channel& channel) noexcept {
  const Frame* frame = channel.newest();
  return frame == nullptr ? 0 : frame->plain_part().size();
}

}  // namespace fanlight
