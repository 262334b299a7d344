// SPDX-License-Identifier: Apache-2.0
#include "http/answer/admit.h"

#include "core/check.h"

namespace fanlight {
namespace {

void note_address_full(ShardServices& services, const PeerAddress& client) {
  const AdmissionConfig limits = services.state.admission.config();
  if (limits.viewers_per_address > 0) {
    services.stats.refused_address.add();
    services.events.address_full(services.now(), client, limits.viewers_per_address);
  } else {
    services.note_share(client);
  }
}

std::string_view name_of(Held kind) {
  if (kind == Held::replay) return "replays";
  return kind == Held::report ? "reports" : "tables";
}

}  // namespace

std::string_view take_place(const Call& call, size_t frame_bytes, double fps, Seat& seat) noexcept {
  ServerState& state = call.services.state;
  seat.client = call.client();
  switch (state.admission.admit(seat.client, frame_bytes, fps, seat.place)) {
    case Verdict::admitted:
      return {};
    case Verdict::full:
      call.services.note_full();
      return "no room for another viewer";
    case Verdict::address_full:
      note_address_full(call.services, seat.client);
      return "too many streams from your address";
    case Verdict::wire_full:
      call.services.stats.refused_wire.add();
      call.services.events.wire_full(call.now, state.wire->claimed(), state.wire->usable());
      return "not enough bandwidth for another viewer";
  }
  CHECK(false);
}

std::string_view take_share(const Call& call, Held kind, AddressTable::Entry& share) noexcept {
  const PeerAddress client = call.client();
  if (call.services.state.admission.take_share(client, kind, share)) return {};
  call.services.stats.refused_bodies.add();
  call.services.events.bodies_full(call.services.now(), client, name_of(kind));
  if (kind == Held::replay) return "too many concurrent replays to your address";
  return kind == Held::report ? "too many concurrent reports to your address"
                              : "too many concurrent tables to your address";
}

std::string_view note_no_body(const Call& call, Held kind) noexcept {
  call.services.stats.refused_bodies.add();
  call.services.events.bodies_full(call.services.now(), call.client(), name_of(kind));
  if (kind == Held::replay) return "too many concurrent replays";
  return kind == Held::report ? "too many concurrent reports" : "too many concurrent tables";
}

size_t frame_bytes_of(const Channel& channel) noexcept {
  const Frame* frame = channel.newest();
  return frame == nullptr ? 0 : frame->plain_part().size();
}

}  // namespace fanlight
