// SPDX-License-Identifier: Apache-2.0
// TlsPlaces: what the TLS connections of a shard need besides their Connection, and how many
// handshakes may be under way.
//
// A handshake costs a signature, as much processor time as dozens of frames, and 72 KB
// of OpenSSL's memory. So a shard makes only few steps of handshakes in a loop iteration, between
// those of frames; and only so many are under way. The others have sent something, but wait for a
// place; --header-timeout applies to them too.
#pragma once

#include <cstddef>

#include "core/slab.h"
#include "http/state/address_table.h"
#include "io/peer_address.h"
#include "io/tls/tls_session.h"

namespace fanlight {

class Admission;
class TlsCertificate;

// The TLS of one connection.
struct TlsLink {
  explicit TlsLink(TlsOutputs& outputs) noexcept : session(outputs) {}

  TlsSession session;
  TlsSession::Step step = TlsSession::Step::wants_input;  // the last one
  bool is_shaking_hands = true;                           // it holds a place
  AddressTable::Entry share = AddressTable::kNone;
};

// Owns: the links and the buffers of those that are sending. Borrows the certificate.
// Thread: its shard's.
// Invariant: at most kHandshakesMax links are shaking hands.
class TlsPlaces {
 public:
  static constexpr size_t kHandshakesMax = 256;
  // Of all shards, for one address; of those without a limit of connections there is none here
  // either.
  static constexpr size_t kHandshakesPerAddress = 16;
  // In a loop iteration: steps of handshakes, and attempts to begin one.
  static constexpr unsigned kStepsPerTurn = 2;
  static constexpr unsigned kTriesPerTurn = 64;

  // OpenSSL's own memory for a connection that is established and idle, and what it needs more
  // while a record is sealed or a handshake is under way; measured by tls_memory_test with OpenSSL
  // 3.0, rounded up.
  static constexpr size_t kOpensslBytes = 15 << 10;
  static constexpr size_t kOpensslHandshakeBytes = 72 << 10;
  // For one that is watching: what is above, and a buffer while it is being sent to. The large
  // buffers are the shard's.
  static constexpr size_t kBytesPerViewer =
      sizeof(TlsLink) + kOpensslBytes + TlsOutputs::kSmallBytes;
  static constexpr size_t kBytesPerShard = TlsOutputs::kLargeMax * TlsOutputs::kLargeBytes;

  // `connections`: as many may use TLS at the same time. Throws std::system_error.
  TlsPlaces(const TlsCertificate& certificate, Admission& admission, size_t connections);

  // Takes a place for a handshake of `peer`; nullptr when there is none at the moment.
  TlsLink* make(const PeerAddress& peer) noexcept;
  // Has it begin. `fd`: its socket, if kernel TLS may be tried, else -1. False: no memory.
  bool begin(TlsLink& link, int fd) noexcept;
  // The handshake has ended: its place is free. Does nothing the second time.
  void end_handshake(TlsLink& link) noexcept;
  void destroy(TlsLink* link) noexcept;

  bool in_kernel() const noexcept;
  size_t handshakes() const noexcept { return handshakes_; }

  // Returns the memory that a burst has used.
  void trim() noexcept { outputs_.trim(); }

 private:
  const TlsCertificate& certificate_;
  Admission& admission_;
  Slab<TlsLink> links_;
  TlsOutputs outputs_;
  size_t handshakes_ = 0;
};

}  // namespace fanlight
