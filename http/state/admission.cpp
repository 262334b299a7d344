// SPDX-License-Identifier: Apache-2.0
#include "http/state/admission.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "http/state/wire.h"

namespace fanlight {
namespace {

// An IPv4 address unchanged; the first 64 bits of an IPv6 address, since a household or a phone
// gets at least that many addresses (RFC 6177).
AddressTable::Key key_of(const PeerAddress& peer) {
  AddressTable::Key key = peer.bytes;
  if (!is_ipv4(peer)) std::fill(key.begin() + 8, key.end(), std::byte{0});
  return key;
}

}  // namespace

Admission::Admission(const AdmissionConfig& config, Wire* wire)
    : capacity_(config.viewers_max), viewers_max_(config.viewers_max), wire_(wire) {
  set_limits(config);
}

void Admission::set_limits(const AdmissionConfig& config) {
  CHECK(config.viewers_max > 0 && config.viewers_max <= capacity_);
  if (config.viewers_per_address > 0) {
    const std::lock_guard lock(mutex_);
    if (!addresses_) addresses_.emplace(capacity_);
  }
  viewers_max_ = config.viewers_max;
  viewers_per_address_ = config.viewers_per_address;
}

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

void Admission::count_admitted() noexcept {
  admitted_.fetch_add(1);
  const size_t now = std::min(viewers_.load(), viewers_max_.load());
  size_t most = most_.load();
  while (now > most && !most_.compare_exchange_weak(most, now)) {
  }
}

bool Admission::take_address(const PeerAddress& peer, ViewerPlace& place) noexcept {
  // UNIX sockets have no address to count by: the peer is a proxy.
  const size_t limit = viewers_per_address_.load();
  if (limit == 0 || !has_address(peer)) return true;
  const std::lock_guard lock(mutex_);
  place.address = addresses_->add(key_of(peer), Held::stream, limit);
  return place.address != AddressTable::kNone;
}

bool Admission::take_wire(const PeerAddress& peer, size_t frame_bytes, double fps_wished,
                          ViewerPlace& place) noexcept {
  if (wire_ == nullptr || (peer.is_local && !wire_->config().local_too)) return true;
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
  if (held.address != AddressTable::kNone) {
    const std::lock_guard lock(mutex_);
    addresses_->remove(held.address, Held::stream);
  }
  CHECK(viewers_.fetch_sub(1) > 0);
}

}  // namespace fanlight
