// SPDX-License-Identifier: Apache-2.0
// ShardServices: the parts of a shard that its connections, answers and reports use.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/log.h"
#include "core/slab.h"
#include "core/time.h"
#include "http/delivery/channel.h"
#include "http/protocol/response.h"
#include "http/state/event_log.h"
#include "http/state/server_state.h"
#include "io/reactor.h"

namespace fanlight {

class AccessRecord;
class ConnectionOwner;
class Exchange;
class ReplayPlaces;
class ReportBody;
class SendQueue;
class TableBody;
class TlsPlaces;
class UstreamerFraming;
struct WebSocketInput;
class ZeroCopySends;

// Owns: nothing; the shard owns everything here, and outlives its users.
// Thread: the shard's.
struct ShardServices {
  ServerState& state;
  const unsigned index;
  ShardStats& stats;
  Mailbox& mailbox;
  ConnectionOwner& connections;
  Reactor& reactor;
  EventLog& events;
  LogGate& table_gate;
  DateField& date_field;
  const std::vector<std::unique_ptr<Channel>>& channels;  // rung 0 of each camera
  SendQueue& queue;
  ZeroCopySends& zero_copy;

  Slab<AccessRecord>& access_records;
  Slab<Exchange>& exchanges;
  Slab<ReportBody>& reports;
  Slab<TableBody>& tables;
  Slab<UstreamerFraming>& ustreamer_framings;
  Slab<WebSocketInput>& web_socket_inputs;
  ReplayPlaces& replays;
  Slab<Viewer>& socket_viewers;  // of WebSockets; a stream's viewer is in its connection
  TlsPlaces* tls;                // nullptr: no listener has TLS
  std::span<char> scratch;       // for received bytes that are discarded
  // While streams are passed on to another process: of which cameras. Else nullptr.
  const std::vector<bool>* passing = nullptr;

  Instant now() const noexcept { return reactor.now(); }
  WallTime wall_now() const noexcept { return reactor.wall_now(); }
  std::string_view date() const noexcept { return date_field.at(wall_now()); }
  Channel& channel(size_t camera) const noexcept { return *channels[camera]; }
  size_t camera_of(const Channel& channel) const noexcept {
    size_t camera = 0;
    while (channels[camera].get() != &channel) ++camera;
    return camera;
  }

  // Counts and logs that no place is left, for connections or for viewers.
  void note_full() const noexcept {
    stats.refused_full.add();
    events.full(now(), state.admission.viewers(), stats.connections_open.value());
  }

  // Counts and logs that `client` has its share of connections, or of streams.
  void note_share(const PeerAddress& client) const noexcept {
    stats.refused_connections.add();
    events.connections_full(now(), client,
                            state.admission.config().connections_per_address.value_or(0));
  }
};

}  // namespace fanlight
