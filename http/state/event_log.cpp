// SPDX-License-Identifier: Apache-2.0
#include "http/state/event_log.h"

#include <cstring>

namespace fanlight {

void EventLog::full(Instant now, size_t viewers, size_t connections) noexcept {
  log_gated(full_, now, LogLevel::warning,
            "server full: {} viewers (--max-viewers), {} connections on shard {}", viewers,
            connections, shard_);
}

void EventLog::address_full(Instant now, const PeerAddress& client, size_t limit) noexcept {
  char room[kAddressTextMax];
  log_gated(address_full_, now, LogLevel::warning,
            "refused a stream to {}: it already has {} (--max-viewers-per-address)",
            format_address(client, room), limit);
}

void EventLog::wire_full(Instant now, uint64_t claimed_bytes_per_second,
                         uint64_t usable_bytes_per_second) noexcept {
  constexpr double kMegabit = 1e6 / 8;
  log_gated(wire_full_, now, LogLevel::warning,
            "refused a stream: {1:.1f} of {0:.1f} Mbit/s are reserved already (--max-egress, "
            "--min-fps)",
            static_cast<double>(usable_bytes_per_second) / kMegabit,
            static_cast<double>(claimed_bytes_per_second) / kMegabit);
}

void EventLog::stalled(Instant now, const PeerAddress& client, Duration limit,
                       uint64_t bytes_sent) noexcept {
  char room[kAddressTextMax];
  log_gated(stalled_, now, LogLevel::info,
            "closed a connection from {0} after {2} bytes: no byte acknowledged for {1:.3g} s "
            "(--viewer-stall-timeout)",
            format_address(client, room), to_seconds(limit), bytes_sent);
}

void EventLog::ring_full(Instant now, const PeerAddress& client, std::string_view camera,
                         uint64_t bytes_sent) noexcept {
  char room[kAddressTextMax];
  log_gated(ring_full_, now, LogLevel::warning,
            "closed a connection from {0} after {2} bytes: frame ring of {1} full (--frame-memory, "
            "--ring-slots); this connection held the oldest frame",
            format_address(client, room), camera, bytes_sent);
}

void EventLog::cannot_accept(Instant now, int error) noexcept {
  log_gated(cannot_accept_, now, LogLevel::warning, "shard {}: cannot accept: {}", shard_,
            std::strerror(error));
}

void EventLog::short_of_descriptors(Instant now, int error, uint64_t connections) noexcept {
  log_gated(short_of_descriptors_, now, LogLevel::warning,
            "shard {}: {}; with {} connections open, new ones are refused (ulimit -n)", shard_,
            std::strerror(error), connections);
}

}  // namespace fanlight
