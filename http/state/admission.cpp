// SPDX-License-Identifier: Apache-2.0
#include "http/state/admission.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "http/protocol/client_address.h"
#include "http/state/wire.h"

namespace fanlight {
namespace {

constexpr size_t kNoLimit = SIZE_MAX;

size_t share_of(const AdmissionConfig& config) {
  return config.connections_per_address.value_or(std::max(config.viewers_max / 2, kShareMin));
}

}  // namespace

// A connection counts for its peer, and what it is doing for its client, which may be another.
Admission::Admission(const AdmissionConfig& config, Wire* wire,
                     std::span<const AddressRange> trusted)
    : capacity_(config.viewers_max),
      viewers_max_(config.viewers_max),
      wire_(wire),
      trusted_(trusted),
      addresses_(2 * (connection_places(capacity_) + kAdminPlaces)) {
  set_limits(config);
}

void Admission::set_limits(const AdmissionConfig& config) {
  CHECK(config.viewers_max > 0 && config.viewers_max <= capacity_);
  viewers_max_ = config.viewers_max;
  viewers_per_address_ = config.viewers_per_address;
  connections_per_address_ = share_of(config);
}

// ---- connections ----

// The address is examined first: a client that has its share takes nobody's place.
Verdict Admission::enter(const PeerAddress& peer, bool by_admin_listener,
                         ConnectionPlace& place) noexcept {
  const size_t limit = connections_per_address_.load();
  return enter(peer, by_admin_listener, limit == 0 ? kNoLimit : limit, place);
}

bool Admission::keep(const PeerAddress& peer, bool by_admin_listener,
                     ConnectionPlace& place) noexcept {
  return enter(peer, by_admin_listener, kNoLimit, place) == Verdict::admitted;
}

Verdict Admission::enter(const PeerAddress& peer, bool by_admin_listener, size_t limit,
                         ConnectionPlace& place) noexcept {
  CHECK(!place.taken());
  place.address = AddressTable::kNone;
  if (!by_admin_listener && !is_exempt(peer)) {
    place.address = add(peer, Held::connection, limit);
    if (place.address == AddressTable::kNone) {
      place = {};
      return Verdict::address_full;
    }
  }
  const size_t places = connections_max() + (by_admin_listener ? kAdminPlaces : 0);
  const size_t before = connections_.fetch_add(1);
  if (before < places) return Verdict::admitted;
  leave(place);
  return Verdict::full;
}

void Admission::leave(ConnectionPlace& place) noexcept {
  const ConnectionPlace held = std::exchange(place, {});
  if (!held.taken()) return;
  return_share(held.address, Held::connection);
  CHECK(connections_.fetch_sub(1) > 0);
}

bool Admission::is_exempt(const PeerAddress& peer) const noexcept {
  return !has_address(peer) || is_loopback(peer) || is_any_of(trusted_, peer);
}

// ---- addresses ----

AddressTable::Entry Admission::add(const PeerAddress& peer, Held kind, size_t limit) noexcept {
  const std::lock_guard lock(mutex_);
  return addresses_.add(network_of(peer), kind, limit);
}

bool Admission::take_share(const PeerAddress& client, Held kind,
                           AddressTable::Entry& share) noexcept {
  share = AddressTable::kNone;
  if (is_exempt(client)) return true;
  share = add(client, kind, kBodiesPerAddress);
  return share != AddressTable::kNone;
}

void Admission::return_share(AddressTable::Entry share, Held kind) noexcept {
  if (share == AddressTable::kNone) return;
  const std::lock_guard lock(mutex_);
  addresses_.remove(share, kind);
}

// ---- viewers ----

Verdict Admission::admit(const PeerAddress& peer, size_t frame_bytes, double fps_wished,
                         ViewerPlace& place) noexcept {
  CHECK(!place.taken);
  if (viewers_.fetch_add(1) >= viewers_max_.load()) {
    viewers_.fetch_sub(1);
    return Verdict::full;
  }
  place = {};
  place.taken = true;
  if (!take_address(peer, place)) {
    leave(place);
    return Verdict::address_full;
  }
  if (!take_wire(peer, frame_bytes, fps_wished, place)) {
    leave(place);
    return Verdict::wire_full;
  }
  count_admitted();
  return Verdict::admitted;
}

bool Admission::keep(const PeerAddress& client, uint64_t bytes_per_second,
                     ViewerPlace& place) noexcept {
  CHECK(!place.taken);
  if (viewers_.fetch_add(1) >= capacity_) {
    viewers_.fetch_sub(1);
    return false;
  }
  place = {};
  place.taken = true;
  if (has_address(client)) place.address = add(client, Held::stream, kNoLimit);
  place.paced = is_paced(client);
  if (place.paced && wire_->claim(bytes_per_second)) place.bytes_per_second = bytes_per_second;
  count_admitted();
  return true;
}

void Admission::count_admitted() noexcept {
  admitted_.fetch_add(1);
  const size_t now = std::min(viewers_.load(), viewers_max_.load());
  size_t most = most_.load();
  while (now > most && !most_.compare_exchange_weak(most, now)) {
  }
}

// Streams through a trusted proxy have connections of the proxy: the client's share limits them.
size_t Admission::stream_limit(const PeerAddress& client) const noexcept {
  if (const size_t limit = viewers_per_address_.load(); limit > 0) return limit;
  const size_t share = connections_per_address_.load();
  return share == 0 || is_exempt(client) ? kNoLimit : share;
}

bool Admission::take_address(const PeerAddress& peer, ViewerPlace& place) noexcept {
  // UNIX sockets have no address to count by: the peer is a proxy.
  if (!has_address(peer)) return true;
  place.address = add(peer, Held::stream, stream_limit(peer));
  return place.address != AddressTable::kNone;
}

bool Admission::is_paced(const PeerAddress& client) const noexcept {
  return wire_ != nullptr && (!client.is_local || wire_->config().local_too);
}

bool Admission::take_wire(const PeerAddress& peer, size_t frame_bytes, double fps_wished,
                          ViewerPlace& place) noexcept {
  if (!is_paced(peer)) return true;
  double fps = wire_->min_fps();
  if (fps_wished > 0) fps = std::min(fps, fps_wished);
  const auto claim = static_cast<uint64_t>(double(bytes_on_wire(frame_bytes)) * fps);
  if (!wire_->claim(claim)) return false;
  place.paced = true;
  place.bytes_per_second = claim;
  return true;
}

void Admission::leave(ViewerPlace& place) noexcept {
  const ViewerPlace held = std::exchange(place, {});
  if (!held.taken) return;
  if (held.paced) wire_->give_back(held.bytes_per_second);
  return_share(held.address, Held::stream);
  CHECK(viewers_.fetch_sub(1) > 0);
}

}  // namespace fanlight
