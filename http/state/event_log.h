// SPDX-License-Identifier: Apache-2.0
// EventLog: the lines that tell the operator who was refused or closed, and why.
//
// Each cause has a gate of its own, so that a flood of one does not hide another: once a minute at
// most there is a line, about the newest case, which tells how many there were since the last.
// What is counted is in /metrics; nothing is told per frame.
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

  // Refused: --max-viewers, or no place for a connection.
  void full(Instant now, size_t viewers, size_t connections) noexcept;
  // Refused: --max-viewers-per-address.
  void address_full(Instant now, const PeerAddress& client, size_t limit) noexcept;
  // Refused: the network bears no more, with what it is owed already of what it carries.
  void wire_full(Instant now, uint64_t claimed_bytes_per_second,
                 uint64_t usable_bytes_per_second) noexcept;
  // Closed: it took nothing for `limit`.
  void stalled(Instant now, const PeerAddress& client, Duration limit,
               uint64_t bytes_sent) noexcept;
  // Closed: it held the oldest frame of a full ring.
  void ring_full(Instant now, const PeerAddress& client, std::string_view camera,
                 uint64_t bytes_sent) noexcept;
  // Neither accepted nor refused.
  void cannot_accept(Instant now, int error) noexcept;
  // Refused: ulimit -n.
  void short_of_descriptors(Instant now, int error, uint64_t connections) noexcept;

 private:
  const unsigned shard_;
  LogGate full_;
  LogGate address_full_;
  LogGate wire_full_;
  LogGate stalled_;
  LogGate ring_full_;
  LogGate cannot_accept_;
  LogGate short_of_descriptors_;
};

}  // namespace fanlight
