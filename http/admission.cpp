// SPDX-License-Identifier: Apache-2.0
#include "http/admission.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "http/wire.h"

namespace fanlight {
namespace {

// An IPv4 address as it is; of an IPv6 address the first 64 bits, since a household or a phone gets
// at least so many for itself (RFC 6177).
AddressTable::Key key_of(const PeerAddress& peer) {
  AddressTable::Key key = peer.bytes;
  const bool is_v4 =
      key[10] == std::byte{0xff} && key[11] == std::byte{0xff} &&
      std::all_of(key.begin(), key.begin() + 10, [](std::byte b) { return b == std::byte{0}; });
  if (!is_v4) std::fill(key.begin() + 8, key.end(), std::byte{0});
  return key;
}

// UNIX sockets have no address to count by: behind one is a proxy.
bool has_address(const PeerAddress& peer) {
  return std::any_of(peer.bytes.begin(), peer.bytes.end(),
                     [](std::byte b) { return b != std::byte{0}; });
}

}  // namespace

Admission::Admission(const AdmissionConfig& config, Wire* wire) : config_(config), wire_(wire) {
  CHECK(config.viewers_max > 0);
  if (config.viewers_per_address > 0) addresses_.emplace(config.viewers_max);
}

Verdict Admission::admit(const PeerAddress& peer, size_t frame_bytes, double fps_wished,
                         ViewerPlace& place) noexcept {
  CHECK(!place.taken);
  if (viewers_.fetch_add(1) >= config_.viewers_max) {
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
  return Verdict::admitted;
}

bool Admission::take_address(const PeerAddress& peer, ViewerPlace& place) noexcept {
  if (!addresses_ || !has_address(peer)) return true;
  const std::lock_guard lock(mutex_);
  place.address = addresses_->add(key_of(peer), static_cast<uint32_t>(config_.viewers_per_address));
  return place.address != AddressTable::kNone;
}

bool Admission::take_wire(const PeerAddress& peer, size_t frame_bytes, double fps_wished,
                          ViewerPlace& place) noexcept {
  if (wire_ == nullptr || (peer.is_local && !wire_->config().local_too)) return true;
  double fps = wire_->config().min_fps;
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
    addresses_->remove(held.address);
  }
  CHECK(viewers_.fetch_sub(1) > 0);
}

}  // namespace fanlight
