// SPDX-License-Identifier: Apache-2.0
#include "http/shard/tls_places.h"

#include <utility>

#include "core/check.h"
#include "http/state/admission.h"
#include "io/tls/tls_certificate.h"

namespace fanlight {

TlsPlaces::TlsPlaces(const TlsCertificate& certificate, Admission& admission, size_t connections)
    : certificate_(certificate),
      admission_(admission),
      links_(connections),
      outputs_(connections) {}

TlsLink* TlsPlaces::make(const PeerAddress& peer) noexcept {
  static_assert(kHandshakesPerAddress == kBodiesPerAddress);
  if (handshakes_ == kHandshakesMax) return nullptr;
  AddressTable::Entry share = AddressTable::kNone;
  if (!admission_.take_share(peer, Held::handshake, share)) return nullptr;
  TlsLink* const link = links_.make(outputs_);
  CHECK(link != nullptr);  // there is one for each connection
  link->share = share;
  ++handshakes_;
  return link;
}

bool TlsPlaces::begin(TlsLink& link, int fd) noexcept {
  return certificate_.begin(link.session, fd);
}

void TlsPlaces::end_handshake(TlsLink& link) noexcept {
  if (!std::exchange(link.is_shaking_hands, false)) return;
  admission_.return_share(std::exchange(link.share, AddressTable::kNone), Held::handshake);
  --handshakes_;
}

void TlsPlaces::destroy(TlsLink* link) noexcept {
  end_handshake(*link);
  links_.destroy(link);
}

bool TlsPlaces::in_kernel() const noexcept {
  return certificate_.in_kernel();
}

}  // namespace fanlight
