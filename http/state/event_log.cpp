// SPDX-License-Identifier: Apache-2.0
#include "http/state/event_log.h"

#include <cstring>

namespace fanlight {

void EventLog::full(Instant now, size_t viewers, size_t connections) noexcept {
  log_gated(full_, now, LogLevel::warning,
            "all places are taken: {} viewers (--max-viewers), {} connections of shard {}", viewers,
            connections, shard_);
}

void EventLog::address_full(Instant now, const PeerAddress& client, size_t limit) noexcept {
  char room[kAddressTextMax];
  log_gated(address_full_, now, LogLevel::warning,
            "refused a stream to {}: it has {} already (--max-viewers-per-address)",
            format_address(client, room), limit);
}

void EventLog::wire_full(Instant now, uint64_t claimed_bytes_per_second,
                         uint64_t usable_bytes_per_second) noexcept {
  constexpr double kMegabit = 1e6 / 8;
  log_gated(wire_full_, now, LogLevel::warning,
            "refused a stream: of {:.1f} Mbit/s the viewers are owed {:.1f} (--max-egress, "
            "--min-fps)",
            static_cast<double>(usable_bytes_per_second) / kMegabit,
            static_cast<double>(claimed_bytes_per_second) / kMegabit);
}

void EventLog::stalled(Instant now, const PeerAddress& client, Duration limit,
                       uint64_t bytes_sent) noexcept {
  char room[kAddressTextMax];
  log_gated(stalled_, now, LogLevel::info,
            "closed a connection of {}: it took nothing for {:.3g} s (--viewer-stall-timeout), "
            "after {} bytes",
            format_address(client, room), to_seconds(limit), bytes_sent);
}

void EventLog::ring_full(Instant now, const PeerAddress& client, std::string_view camera,
                         uint64_t bytes_sent) noexcept {
  char room[kAddressTextMax];
  log_gated(ring_full_, now, LogLevel::warning,
            "closed a connection of {}: slow viewers hold all frames of {} (--frame-memory, "
            "--ring-slots), and it the oldest, after {} bytes",
            format_address(client, room), camera, bytes_sent);
}

void EventLog::cannot_accept(Instant now, int error) noexcept {
  log_gated(cannot_accept_, now, LogLevel::warning, "shard {}: cannot accept: {}", shard_,
            std::strerror(error));
}

void EventLog::short_of_descriptors(Instant now, int error, uint64_t connections) noexcept {
  log_gated(short_of_descriptors_, now, LogLevel::warning,
            "shard {}: {}; with {} connections open new ones are refused (ulimit -n)", shard_,
            std::strerror(error), connections);
}

}  // namespace fanlight
