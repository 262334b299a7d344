// SPDX-License-Identifier: Apache-2.0
#include "http/shard/shard.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/check.h"

namespace fanlight {
namespace {

// No loop iteration is longer, so that /healthz can detect a loop that hangs.
constexpr Duration kTurnMax = 1s;
// After SIGTERM viewers get this long to take a last frame.
constexpr Duration kStopGrace = 1500ms;
constexpr size_t kReportsMax = 64;
// Buffers that a burst of requests used are released after this time.
constexpr Duration kTrimPeriod = 1s;
// Concurrent zero-copy sends that wait for acknowledgements; further sends are copied.
constexpr size_t kZeroCopiesPerConnection = 2;

// In addition to those that are served: for clients that are refused for lack of a place. One
// accept may return everything in the backlog.
constexpr size_t kConnectionsSpare = 256;
// Of those places. The rest is for guests on their way from one line to the next.
constexpr size_t kGuestsMax = 64;
constexpr size_t kLeavingMax = 128;

// How soon messages and frames are looked for if their wake could not be read.
constexpr Duration kWakeRetry = 20ms;

// A request may already be on its way, or in the kernel, when a connection begins to wait for it.
constexpr Duration kIdleMin = 1s;

}  // namespace

Shard::Shard(ServerState& state, unsigned index, Backend& backend,
             std::span<const ListeningSocket> listeners)
    : state_(state),
      link_(*state.links[index]),
      events_(index),
      connections_max_(state.admission.connections_max() + kAdminPlaces),
      reactor_(backend, connections_max_ + kConnectionsSpare + 2),
      queue_(state.wire.get(), index),
      zero_copy_(reactor_, link_.stats, state.config.zero_copy,
                 kZeroCopiesPerConnection * connections_max_),
      // Any shard may get all connections: none may refuse while another has room.
      slab_(connections_max_ + kConnectionsSpare),
      access_records_(connections_max_ + kConnectionsSpare),
      exchanges_(connections_max_ + kConnectionsSpare),
      reports_(kReportsMax),
      tables_(TableDesk::kPlacesMax),
      ustreamer_framings_(connections_max_),
      web_socket_inputs_(connections_max_),
      replays_(state),
      socket_viewers_(connections_max_ * CameraChoice::kMax),
      services_{.state = state,
                .index = index,
                .stats = link_.stats,
                .mailbox = link_.mailbox,
                .connections = *this,
                .reactor = reactor_,
                .events = events_,
                .table_gate = table_gate_,
                .date_field = date_,
                .channels = channels_,
                .queue = queue_,
                .zero_copy = zero_copy_,
                .access_records = access_records_,
                .exchanges = exchanges_,
                .reports = reports_,
                .tables = tables_,
                .ustreamer_framings = ustreamer_framings_,
                .web_socket_inputs = web_socket_inputs_,
                .replays = replays_,
                .socket_viewers = socket_viewers_,
                .tls = nullptr,
                .scratch = scratch_},
      acceptors_(*this, services_, listeners),
      wake_(bind<&Shard::on_woken>(this)),
      wake_timer_(bind_timer<&Shard::look_for_wakes>(this)),
      stop_timer_(bind_timer<&Shard::abort_all>(this)) {
  if (state.config.tls != nullptr) {
    tls_.emplace(*state.config.tls, state.admission, connections_max_ + kConnectionsSpare);
    services_.tls = &*tls_;
  }
  for (size_t i = 0; i < state.cameras.size(); ++i) {
    channels_.push_back(make_channel(i, nullptr));
  }
  for (size_t i = 0; i < state.cameras.size(); ++i) {
    Channel* above = channels_[i].get();
    while (above->rung() + 1 < state.cameras[i].rungs()) {
      lower_channels_.push_back(make_channel(i, above));
      above = lower_channels_.back().get();
    }
  }
  link_.stats.turned_at_ns.set(uint64_t(now().time_since_epoch().count()));
  prepare();
  link_.entry = this;
}

// Of the rung below `above`; of rung 0 if that is nullptr.
std::unique_ptr<Channel> Shard::make_channel(size_t camera, Channel* above) {
  const ServerState& state = services_.state;
  FrameRing& ring = state.cameras[camera].rung(above == nullptr ? 0 : above->rung() + 1);
  Backend& backend = reactor_.backend();
  if (ring.detaches_pages() && ring.memory_fd() >= 0) {
    backend.share_memory(ring.memory(), ring.memory_fd());
  }
  return std::make_unique<Channel>(ring, link_.channels[camera], state.names[camera], above);
}

// If the kernel is going to refuse something, it does so here, before there are clients. The first
// loop iteration shows whether it can report wakes (ENOSPC, ENOMEM; epoll_ctl(2)).
void Shard::prepare() {
  acceptors_.take_spare();
  listen_for_wakes();
  reactor_.turn(Instant::min());
  if (wake_error_ == 0) return;
  acceptors_.stop();
  reactor_.turn(Instant::min());
  throw std::system_error(wake_error_, std::system_category(), "waiting for other threads");
}

Shard::~Shard() {
  CHECK(connections_.empty() && reactor_.in_flight() == 0);
  reactor_.timers().clear(wake_timer_);
  reactor_.timers().clear(stop_timer_);
  link_.entry = nullptr;
}

void Shard::run() noexcept {
  while (turn(kNever)) {
  }
}

bool Shard::turn(Instant deadline) noexcept {
  const Instant latest = reactor_.backend().now() + kTurnMax;
  reactor_.turn(std::min({deadline, latest, serve_at_}));
  link_.stats.turned_at_ns.set(uint64_t(now().time_since_epoch().count()));
  if (state_.stopping.load(std::memory_order_relaxed) && phase_ == Phase::serving) begin_stop();
  if (now() >= trim_at_) {
    trim_at_ = now() + kTrimPeriod;
    exchanges_.trim();
    if (tls_) renew_handshakes();
  }
  limit_guests();
  serve_at_ = queue_.serve(now());
  if (tls_) serve_at_ = std::min(serve_at_, shake_hands());
  serve_at_ = std::min(serve_at_, collect());
  if (phase_ != Phase::serving) continue_stop();
  return phase_ != Phase::leaving || reactor_.in_flight() > 0;
}

// ---- wakes: frames, messages, the end ----

void Shard::listen_for_wakes() noexcept {
  reactor_.submit(wake_, io_uring_prep_read, link_.waker.fd(), &wake_count_,
                  unsigned{sizeof wake_count_}, uint64_t{0});
}

void Shard::on_woken(Completion completion) noexcept {
  if (completion.result == -ECANCELED) return;
  if (completion.result < 0 && link_.entry == nullptr) {  // in prepare()
    wake_error_ = -completion.result;
    return;
  }
  if (completion.result < 0) {
    // Memory may be short for a while (ENOMEM, ENOBUFS), or a signal came (EINTR). Asking again at
    // once would spin, and frames must not wait for the end of the shortage.
    events_.cannot_wait(now(), -completion.result);
    return reactor_.timers().set(wake_timer_, now() + kWakeRetry);
  }
  CHECK(completion.result == sizeof wake_count_);
  take_wake();
}

void Shard::look_for_wakes() noexcept {
  if (phase_ != Phase::leaving) return take_wake();
  if (wake_.in_flight()) stop_waiting_for_wakes();  // the cancel had no effect
}

void Shard::stop_waiting_for_wakes() noexcept {
  reactor_.cancel(wake_);
  reactor_.timers().set(wake_timer_, now() + kWakeRetry);
}

void Shard::take_wake() noexcept {
  link_.mailbox.deliver();
  refresh_channels();
  if (phase_ != Phase::leaving) listen_for_wakes();
}

void Shard::refresh_channels() noexcept {
  for (auto& channel : channels_) refresh(*channel);
  for (auto& channel : lower_channels_) refresh(*channel);
}

void Shard::refresh(Channel& channel) noexcept {
  reclaim(channel);
  if (!channel.refresh()) return;
  queue_.settle_idle(channel, now());
  const uint64_t newest = channel.newest()->sequence();
  channel.frame_waiters().for_each([newest](FrameWaiter& waiter) {
    if (newest > waiter.newer_than()) waiter.on_newer_frame();
  });
}

// The ring is full: closes connections that still hold a frame up to the given sequence.
void Shard::reclaim(Channel& channel) noexcept {
  const uint64_t through = channel.take_reclaim();
  if (through == 0) return;
  connections_.for_each([this, &channel, through](Connection& connection) {
    const uint64_t held = connection.held_sequence(channel);
    if (held == 0 || held > through) return;
    events_.ring_full(now(), connection.peer(), channel.camera(), connection.bytes_sent());
    connection.evict(link_.stats.evicted_memory);
  });
}

// ---- connections ----

Connection* Shard::make_connection(const ClientSocket& client) noexcept {
  link_.stats.connections_accepted.add();
  Connection* connection = slab_.make(services_, client, next_connection_id());
  if (connection == nullptr) {
    // More connections were accepted together than there are spare places.
    reactor_.discard(client.fd);
    return nullptr;
  }
  CHECK(phase_ != Phase::leaving);
  // The shard that passed it on is still waiting for its message, so no shard has left yet.
  if (phase_ == Phase::emptied) {
    phase_ = Phase::stopping;
    state_.shards_with_connections.fetch_add(1);
  }
  link_.stats.connections_open.add();
  connections_.push_back(*connection);
  return connection;
}

void Shard::admit(const ClientSocket& client) noexcept {
  ConnectionPlace place;
  const Verdict verdict = take_place(client, place);
  Connection* connection = make_connection(client);
  if (connection == nullptr) return state_.admission.leave(place);
  if (verdict == Verdict::admitted) {
    connection->start(place);
  } else {
    connection->start_as_guest(verdict == Verdict::full ? Refusal::full : Refusal::address);
  }
  if (phase_ != Phase::serving) connection->end_soon();
}

Verdict Shard::take_place(const ClientSocket& client, ConnectionPlace& place) noexcept {
  Admission& admission = state_.admission;
  const PeerAddress peer = reactor_.backend().peer_address(client.fd);
  Verdict verdict = admission.enter(peer, client.by_admin_listener, place);
  if (verdict == Verdict::full && make_room()) {
    verdict = admission.enter(peer, client.by_admin_listener, place);
  }
  return verdict;
}

// Closes the connection that has been idle for longest.
bool Shard::make_room() noexcept {
  ConnectionLine& idle = line(Line::idle);
  if (idle.empty() || !idle.front().has_idled_for(kIdleMin)) return false;
  link_.stats.evicted_idle.add();
  events_.idle_closed(now(), idle.front().peer(), link_.stats.connections_open.value());
  idle.front().give_way();
  return true;
}

// So that there is always a place to refuse the next client.
void Shard::limit_guests() noexcept {
  while (line(Line::guests).size() > kGuestsMax) line(Line::guests).front().refuse_now();
  while (line(Line::leaving).size() > kLeavingMax) line(Line::leaving).front().stop_lingering();
}

void Shard::refuse(const ClientSocket& client, Refusal reason) noexcept {
  if (Connection* connection = make_connection(client)) connection->start_refused(reason);
}

// Handshakes that wait, a bounded number of them. Returns when to call again: immediately if some
// are left over, kNever if none is ready.
Instant Shard::shake_hands() noexcept {
  ConnectionLine& ready = line(Line::handshakes);
  unsigned tries = TlsPlaces::kTriesPerTurn;
  for (unsigned steps = 0; steps < TlsPlaces::kStepsPerTurn && tries > 0 && !ready.empty();
       --tries) {
    if (ready.front().step_handshake()) ++steps;
  }
  return ready.empty() ? kNever : Instant::min();
}

// Those without a place may have one now.
void Shard::renew_handshakes() noexcept {
  ConnectionLine& held = line(Line::held);
  while (!held.empty()) held.front().try_handshake();
  tls_->trim();
}

void Shard::forget(Connection& connection) noexcept {
  connections_.remove(connection);
  slab_.destroy(&connection);
  link_.stats.connections_open.subtract();
  acceptors_.try_again();
}

void Shard::visit_sessions(SessionVisitor& visitor) noexcept {
  connections_.for_each([&visitor](Connection& connection) { connection.visit_session(visitor); });
}

uint64_t Shard::next_connection_id() noexcept {
  return ++connections_made_ * state_.links.size() + services_.index;
}

// ---- the end ----

void Shard::begin_stop() noexcept {
  phase_ = Phase::stopping;
  services_.passing = nullptr;
  acceptors_.stop();
  reactor_.timers().set(stop_timer_, now() + kStopGrace);
  connections_.for_each([](Connection& connection) { connection.end_soon(); });
}

// A shard without connections still answers messages of other shards; all leave together.
void Shard::continue_stop() noexcept {
  if (phase_ == Phase::stopping && connections_.empty() && acceptors_.is_idle()) {
    phase_ = Phase::emptied;
    if (state_.shards_with_connections.fetch_sub(1) == 1) state_.wake_all();
  }
  if (phase_ == Phase::emptied && state_.shards_with_connections.load() == 0) {
    phase_ = Phase::leaving;
    stop_waiting_for_wakes();
    // Cameras' answers that are no longer needed; none is posted after this.
    link_.mailbox.deliver();
  }
}

void Shard::abort_all() noexcept {
  connections_.for_each([](Connection& connection) { connection.abort(); });
}

}  // namespace fanlight
