// SPDX-License-Identifier: Apache-2.0
#include "http/state/event_log.h"

#include <cstring>
#include <string_view>
#include <utility>

namespace fanlight {
namespace {

// A line about a client, whose address is the first value of `format`.
template <class... Args>
void log_client(LogGate& gate, Instant now, LogLevel level, const PeerAddress& client,
                fmt::format_string<std::string_view, Args...> format, Args... args) noexcept {
  char room[kAddressTextMax];
  log_gated(gate, now, level, format, format_address(client, room), std::move(args)...);
}

}  // namespace

void EventLog::full(Instant now, size_t viewers, size_t connections) noexcept {
  log_gated(full_, now, LogLevel::warning,
            "server full: {} viewers (--max-viewers), {} connections on shard {}", viewers,
            connections, shard_);
}

void EventLog::address_full(Instant now, const PeerAddress& client, size_t limit) noexcept {
  log_client(address_full_, now, LogLevel::warning, client,
             "refused a stream to {}: it already has {} (--max-viewers-per-address)", limit);
}

void EventLog::connections_full(Instant now, const PeerAddress& client, size_t limit) noexcept {
  log_client(
      connections_full_, now, LogLevel::warning, client,
      "refused a connection from {}: it already has {} (--max-connections-per-address; if it "
      "is a proxy, --trusted-proxy)",
      limit);
}

void EventLog::bodies_full(Instant now, const PeerAddress& client, std::string_view what) noexcept {
  log_client(bodies_full_, now, LogLevel::warning, client,
             "refused a request from {}: too many {} at the same time", what);
}

void EventLog::idle_closed(Instant now, const PeerAddress& client, size_t connections) noexcept {
  log_client(
      idle_closed_, now, LogLevel::info, client,
      "closed an idle connection from {}, because a new one needed its place: {} connections "
      "on shard {}",
      connections, shard_);
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

void EventLog::foreign_host(Instant now, const PeerAddress& client,
                            std::string_view authority) noexcept {
  constexpr size_t kShownMax = 100;
  log_client(foreign_host_, now, LogLevel::warning, client,
             "refused a request from {} for {}: not a name of this server (--allowed-host)",
             authority.substr(0, kShownMax));
}

void EventLog::tls_on_plain(Instant now, const PeerAddress& client) noexcept {
  log_client(tls_on_plain_, now, LogLevel::warning, client,
             "refused a connection from {}: it began with a TLS handshake on a listener without "
             "TLS; its URL must begin with http:// (--tls-cert)");
}

void EventLog::tls_full(Instant now, const PeerAddress& client) noexcept {
  log_client(tls_full_, now, LogLevel::warning, client,
             "closed a TLS connection from {}: there is no place for it (--max-viewers, "
             "--max-connections-per-address)");
}

void EventLog::login_failed(Instant now, const PeerAddress& client) noexcept {
  log_client(login_failed_, now, LogLevel::warning, client,
             "refused a login from {}: wrong user or password (--auth-file)");
}

void EventLog::login_delayed(Instant now, const PeerAddress& client, Duration wait) noexcept {
  log_client(login_delayed_, now, LogLevel::warning, client,
             "refused a login from {} for {:.3g} s: too many failed ones (if it is a proxy, "
             "--trusted-proxy)",
             to_seconds(wait));
}

void EventLog::logins_busy(Instant now, const PeerAddress& client) noexcept {
  log_client(logins_busy_, now, LogLevel::warning, client,
             "refused a login from {}: too many passwords are being verified");
}

void EventLog::link_refused(Instant now, const PeerAddress& client,
                            std::string_view reason) noexcept {
  log_client(link_refused_, now, LogLevel::warning, client,
             "refused a signed link from {}: {} (--link-key)", reason);
}

void EventLog::forbidden(Instant now, const PeerAddress& client, std::string_view reason) noexcept {
  log_client(forbidden_, now, LogLevel::warning, client,
             "refused a request from {}: {} (--auth-file)", reason);
}

void EventLog::stalled(Instant now, const PeerAddress& client, Duration limit,
                       uint64_t bytes_sent) noexcept {
  log_client(stalled_, now, LogLevel::info, client,
             "closed a connection from {0} after {2} bytes: no byte acknowledged for {1:.3g} s "
             "(--viewer-stall-timeout)",
             to_seconds(limit), bytes_sent);
}

void EventLog::ring_full(Instant now, const PeerAddress& client, std::string_view camera,
                         uint64_t bytes_sent) noexcept {
  log_client(
      ring_full_, now, LogLevel::warning, client,
      "closed a connection from {0} after {2} bytes: frame ring of {1} full (--frame-memory, "
      "--ring-slots); this connection held the oldest frame",
      camera, bytes_sent);
}

void EventLog::cannot_accept(Instant now, int error) noexcept {
  log_gated(cannot_accept_, now, LogLevel::warning, "shard {}: cannot accept: {}", shard_,
            std::strerror(error));
}

void EventLog::cannot_wait(Instant now, int error) noexcept {
  log_gated(cannot_wait_, now, LogLevel::warning,
            "shard {}: cannot wait for other threads: {}; looking for their messages 50 times a "
            "second until it can",
            shard_, std::strerror(error));
}

void EventLog::short_of_descriptors(Instant now, int error, uint64_t connections) noexcept {
  log_gated(short_of_descriptors_, now, LogLevel::warning,
            "shard {}: {}; with {} connections open, new ones are refused (ulimit -n)", shard_,
            std::strerror(error), connections);
}

}  // namespace fanlight
