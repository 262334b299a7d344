// SPDX-License-Identifier: Apache-2.0
// A shard's part in a takeover: passing its streams on to another process, and going on with those
// of another process.
#include "core/check.h"
#include "http/shard/shard.h"
#include "http/takeover/passing_order.h"

namespace fanlight {

void Shard::carry_out(PassingOrder& order) noexcept {
  switch (order.step) {
    case PassingOrder::Step::hold:
      services_.passing = &order.cameras;
      acceptors_.hold();
      connections_.for_each([](Connection& connection) { connection.hold(); });
      return answer(order);
    case PassingOrder::Step::collect:
      CHECK(collecting_ == nullptr);
      collecting_ = &order;  // collect() answers
      return;
    case PassingOrder::Step::confirm:
      while (!line(Line::passed).empty()) line(Line::passed).front().give_away();
      connections_.for_each([](Connection& connection) { connection.end_unless_held(); });
      return answer(order);
    case PassingOrder::Step::resume:
      resume_all();
      acceptors_.release();
      return answer(order);
  }
}

void Shard::resume_all() noexcept {
  services_.passing = nullptr;
  for (const Line held : {Line::finishing, Line::detaching, Line::parked, Line::passed}) {
    while (!line(held).empty()) line(held).front().resume();
  }
}

// Answers the order to collect once there is an answer. Returns when to call again at the latest.
Instant Shard::collect() noexcept {
  if (collecting_ == nullptr) return kNever;
  PassingOrder& order = *collecting_;
  ConnectionLine& parked = line(Line::parked);
  const bool is_settled = line(Line::detaching).empty();
  const bool is_done = !order.waits_for_busy || !parked.empty() || line(Line::finishing).empty();
  if (!(is_settled && is_done) && now() < order.until) return order.until;
  order.count = 0;
  while (!parked.empty() && order.count < order.streams.size()) {
    parked.front().describe(order.streams[order.count++]);
  }
  order.busy = line(Line::finishing).size() + line(Line::detaching).size();
  collecting_ = nullptr;
  answer(order);
  return kNever;
}

void Shard::answer(PassingOrder& order) noexcept {
  order.reply_to->post(
      order, [](Message& message) noexcept { static_cast<PassingOrder&>(message).is_back = true; });
}

void Shard::take(const PassedStream& passed) noexcept {
  const StreamState& state = passed.state;
  const ClientSocket client{.fd = passed.fd,
                            .by_admin_listener = state.by_admin_listener,
                            .by_local_listener = state.by_local_listener};
  const PeerAddress peer = reactor_.backend().peer_address(client.fd);
  Admission& admission = state_.admission;
  ConnectionPlace place;
  Seat seat;
  seat.client = state.client;
  seat.ends = Seat::Second(Seat::Second::duration(state.ends));
  const bool has_place = admission.keep(peer, client.by_admin_listener, place) &&
                         admission.keep(state.client, state.bytes_per_second, seat.place);
  Connection* connection = has_place ? make_connection(client) : nullptr;
  if (connection == nullptr) {
    if (!has_place) reactor_.discard(client.fd);
    link_.stats.refused_full.add();
    admission.leave(seat.place);
    return admission.leave(place);
  }
  connection->start_stream(place, seat, state);
  if (phase_ != Phase::serving) connection->end_soon();
}

}  // namespace fanlight
