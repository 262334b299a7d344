// SPDX-License-Identifier: Apache-2.0
// EventLog: the log lines that report which clients were refused or closed, and why.
//
// Each cause has its own rate limit, so that a flood of one does not hide another: at most one line
// a minute, about the newest case, with the number of cases since the previous line. The counts are
// in /metrics; nothing is logged per frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/log.h"
#include "core/time.h"
#include "io/peer_address.h"

namespace fanlight {

// Owns: the gates. Thread: its shard's.
class EventLog {
 public:
  explicit EventLog(unsigned shard) : shard_(shard) {}

  // Refused: --max-viewers is reached, or there is no place for the connection.
  void full(Instant now, size_t viewers, size_t connections) noexcept;
  // Refused: --max-viewers-per-address.
  void address_full(Instant now, const PeerAddress& client, size_t limit) noexcept;
  // Refused, a connection or a stream: --max-connections-per-address.
  void connections_full(Instant now, const PeerAddress& client, size_t limit) noexcept;
  // Refused: all places for `what`, reports or tables, are taken, or as many by this client as one
  // may have.
  void bodies_full(Instant now, const PeerAddress& client, std::string_view what) noexcept;
  // Closed: idle when a new connection needed its place.
  void idle_closed(Instant now, const PeerAddress& client, size_t connections) noexcept;
  // Refused: not enough bandwidth. Reports how much of the usable bandwidth is already claimed.
  void wire_full(Instant now, uint64_t claimed_bytes_per_second,
                 uint64_t usable_bytes_per_second) noexcept;
  // Refused: the request is for the host `authority`, which is not this server.
  void foreign_host(Instant now, const PeerAddress& client, std::string_view authority) noexcept;
  // Closed: it began with a TLS handshake where plain HTTP is spoken.
  void tls_on_plain(Instant now, const PeerAddress& client) noexcept;
  // Closed: no place for the connection, and without a handshake no answer.
  void tls_full(Instant now, const PeerAddress& client) noexcept;
  // Refused: wrong user or password.
  void login_failed(Instant now, const PeerAddress& client) noexcept;
  // Refused without a look at the password: too many failures of this address.
  void login_delayed(Instant now, const PeerAddress& client, Duration wait) noexcept;
  // Refused: too many passwords are being verified.
  void logins_busy(Instant now, const PeerAddress& client) noexcept;
  // Refused: the signed link is not valid, for this reason.
  void link_refused(Instant now, const PeerAddress& client, std::string_view reason) noexcept;
  // Refused: the user lacks a right, as the reason says.
  void forbidden(Instant now, const PeerAddress& client, std::string_view reason) noexcept;
  // Closed: no byte was acknowledged for `limit`.
  void stalled(Instant now, const PeerAddress& client, Duration limit,
               uint64_t bytes_sent) noexcept;
  // Closed: it held the oldest frame of a full ring.
  void ring_full(Instant now, const PeerAddress& client, std::string_view camera,
                 uint64_t bytes_sent) noexcept;
  // Neither accepted nor refused.
  void cannot_accept(Instant now, int error) noexcept;
  // The wakes of other threads cannot be read; they are looked for at intervals instead.
  void cannot_wait(Instant now, int error) noexcept;
  // Refused: ulimit -n.
  void short_of_descriptors(Instant now, int error, uint64_t connections) noexcept;

 private:
  const unsigned shard_;
  LogGate full_;
  LogGate address_full_;
  LogGate connections_full_;
  LogGate bodies_full_;
  LogGate idle_closed_;
  LogGate wire_full_;
  LogGate foreign_host_;
  LogGate tls_on_plain_;
  LogGate tls_full_;
  LogGate login_failed_;
  LogGate login_delayed_;
  LogGate logins_busy_;
  LogGate link_refused_;
  LogGate forbidden_;
  LogGate stalled_;
  LogGate ring_full_;
  LogGate cannot_accept_;
  LogGate cannot_wait_;
  LogGate short_of_descriptors_;
};

}  // namespace fanlight
