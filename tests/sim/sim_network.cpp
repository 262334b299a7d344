// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_network.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr size_t kSegmentMax = 64 << 10;  // a kernel sends no more in one segment (GSO)
constexpr size_t kServerReceiveBuffer = 64 << 10;

}  // namespace

PeerAddress ipv4_peer(uint32_t address) {
  sockaddr_storage storage{};
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(storage);
  ipv4.sin_family = AF_INET;
  ipv4.sin_addr.s_addr = htonl(address);
  return to_peer_address(storage);
}

SimConnection::SimConnection(SimNetwork& network, uint64_t id, const SimLink& link)
    : network_(network),
      id_(id),
      link_(link),
      down_{.to = Side::peer,
            .sending = {},
            .received = {},
            .received_max = link.receive_window,
            .bytes_per_second = link.bytes_per_second},
      up_{.to = Side::server,
          .sending = {},
          .received = {},
          .received_max = kServerReceiveBuffer,
          .bytes_per_second = 0} {
  CHECK(link.send_buffer > 0 && link.receive_window > 0 && link.bytes_per_second >= 0);
}

// Automatic addresses begin at 10.0.0.1.
PeerAddress SimConnection::peer() const {
  return link_.peer ? *link_.peer : ipv4_peer(0x0a000000u | static_cast<uint32_t>(id_ & 0xffffff));
}

// --- the server's end ---

size_t SimConnection::send_room() const {
  return link_.send_buffer - std::min(link_.send_buffer, down_.sending.size());
}

bool SimConnection::is_writable() const {
  return send_room() * 3 >= link_.send_buffer;
}

void SimConnection::send(std::string_view bytes) {
  CHECK(!send_ended() && bytes.size() <= send_room());
  down_.sending.push(bytes);
  pump(down_);
}

void SimConnection::receive(size_t bytes) {
  up_.received.pop(bytes);
  pump(up_);
}

bool SimConnection::receive_ended() const {
  return receive_shut_ || was_reset_ || up_.fin_delivered;
}

int SimConnection::take_error() {
  return -std::exchange(error_, 0);
}

// As inet_shutdown(): a connection that has ended in both directions is not connected.
int SimConnection::shut_down(int how) {
  CHECK(how == SHUT_RD || how == SHUT_WR || how == SHUT_RDWR);
  if (was_reset_ || (down_.fin_delivered && up_.fin_delivered)) return -ENOTCONN;
  if (how != SHUT_WR) receive_shut_ = true;
  if (how != SHUT_RD) {
    down_.fin = true;
    pump(down_);
  }
  notify(Side::server);
  return 0;
}

// Closing with unread input is a reset too (RFC 2525 section 2.17, RFC 9112 section 9.6).
void SimConnection::close_server(bool reset) {
  CHECK(!server_closed_);
  server_closed_ = true;
  if (was_reset_) return;
  if (reset || !up_.received.empty()) return reset_by_server();
  down_.fin = true;
  pump(down_);
}

void SimConnection::reset_by_server() {
  reset_state();
  network_.clock_.after(link_.latency, [this] {
    if (peer_closed_ || cut_) return;
    reset_arrived_ = true;
    // Only when it arrives; otherwise a program that reads meanwhile would see the end after a gap.
    if (network_.random_.chance(network_.faults_.unread_lost)) down_.received.clear();
    notify(Side::peer);
  });
}

// --- the peer's end ---

void SimConnection::write(std::string_view bytes) {
  CHECK(!peer_closed_ && !up_.fin);
  if (was_reset_) return;
  up_.sending.push(bytes);
  pump(up_);
}

void SimConnection::shut_down_writing() {
  up_.fin = true;
  pump(up_);
}

void SimConnection::read(size_t bytes) {
  down_.received.pop(bytes);
  pump(down_);
}

void SimConnection::close_peer() {
  if (peer_closed_) return;
  if (!down_.received.empty()) return reset_by_peer();
  peer_closed_ = true;
  up_.fin = true;
  pump(up_);
}

void SimConnection::reset_by_peer() {
  if (peer_closed_) return;
  peer_closed_ = true;
  down_.received.clear();
  network_.clock_.after(link_.latency, [this] {
    if (was_reset_ || cut_) return;
    error_ = up_.fin_delivered ? EPIPE : ECONNRESET;
    reset_state();
    notify(Side::server);
  });
}

// --- both ---

void SimConnection::reset_by_network() {
  if (was_reset_) return;
  error_ = up_.fin_delivered ? EPIPE : ECONNRESET;
  reset_by_server();
  notify(Side::server);
}

void SimConnection::reset_state() {
  was_reset_ = true;
  down_.sending.clear();
  up_.sending.clear();
  if (server_closed_) up_.received.clear();
}

void SimConnection::notify(Side side) {
  if (side == Side::server) {
    if (!server_closed_) network_.changed_.insert(id_);
  } else if (!peer_closed_ && on_change_) {
    // A copy: the peer may remove its callback while it runs.
    const auto on_change = on_change_;
    on_change();
  }
}

// Sends the next segment, or the end of the stream, on its way.
void SimConnection::pump(Direction& direction) {
  if (was_reset_ || cut_ || direction.travelling) return;
  const bool receiver_closed = direction.to == Side::peer ? peer_closed_ : server_closed_;
  const size_t room =
      receiver_closed ? kSegmentMax : direction.received_max - direction.received.size();
  size_t bytes = std::min({direction.sending.size(), room, kSegmentMax});
  if (bytes == 0 && !(direction.fin && !direction.fin_delivered && direction.sending.empty())) {
    return;
  }
  if (bytes > 1 && network_.random_.chance(network_.faults_.small_segment)) {
    bytes = 1 + network_.random_.below(bytes - 1);
  }
  Duration time = link_.latency;
  if (direction.bytes_per_second > 0) {
    time += from_seconds(static_cast<double>(bytes) / direction.bytes_per_second);
  }
  direction.travelling = true;
  network_.clock_.after(time, [this, &direction, bytes] { arrive(direction, bytes); });
}

void SimConnection::arrive(Direction& direction, size_t bytes) {
  direction.travelling = false;
  if (was_reset_ || cut_) return;
  const Side from = direction.to == Side::peer ? Side::server : Side::peer;
  const bool receiver_closed = direction.to == Side::peer ? peer_closed_ : server_closed_;
  if (bytes == 0) {
    direction.fin_delivered = true;
  } else if (receiver_closed) {
    // The receiver has closed: answered by a reset (RFC 9293 section 3.10.7.1).
    if (direction.to == Side::server) return reset_by_server();
    error_ = up_.fin_delivered ? EPIPE : ECONNRESET;
    reset_state();
    return notify(Side::server);
  } else {
    direction.received.push(direction.sending.view().substr(0, bytes));
    direction.sending.pop(bytes);
    direction.delivered += bytes;
  }
  pump(direction);
  notify(direction.to);
  notify(from);
}

// --- the network ---

uint64_t SimNetwork::listen() {
  const uint64_t listener = next_id();
  listeners_[listener];
  return listener;
}

void SimNetwork::close_listener(uint64_t listener) {
  for (const uint64_t waiting : listeners_.at(listener)) {
    connections_.at(waiting)->close_server(true);
  }
  listeners_.erase(listener);
}

SimConnection& SimNetwork::connect(uint64_t listener, const SimLink& link) {
  const uint64_t id = next_id();
  auto& connection = *(connections_[id] = std::make_unique<SimConnection>(*this, id, link));
  const auto found = listeners_.find(listener);
  if (found == listeners_.end()) {
    connection.close_server(true);
  } else {
    found->second.push_back(id);
    changed_.insert(listener);
  }
  return connection;
}

SimConnection& SimNetwork::accept(uint64_t listener) {
  auto& waiting = listeners_.at(listener);
  CHECK(!waiting.empty());
  const uint64_t id = waiting.front();
  waiting.pop_front();
  return *connections_.at(id);
}

size_t SimNetwork::kernel_bytes() const {
  size_t sum = 0;
  for (const auto& [id, connection] : connections_) sum += connection->kernel_bytes();
  return sum;
}

size_t SimNetwork::orphans() const {
  size_t count = 0;
  for (const auto& [id, connection] : connections_) count += connection->is_orphan();
  return count;
}

}  // namespace fanlight
