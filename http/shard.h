// SPDX-License-Identifier: Apache-2.0
// Shard: one thread of the server: its loop, its listeners, its connections.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/list.h"
#include "core/log.h"
#include "core/slab.h"
#include "core/time.h"
#include "http/acceptors.h"
#include "http/body.h"
#include "http/channel.h"
#include "http/connection.h"
#include "http/event_log.h"
#include "http/exchange.h"
#include "http/report.h"
#include "http/response.h"
#include "http/server_state.h"
#include "http/table_body.h"
#include "http/turns.h"
#include "http/ustreamer_framing.h"
#include "http/zero_copy_send.h"
#include "io/backend.h"
#include "io/operation.h"
#include "io/reactor.h"

namespace fanlight {

// Owns: everything that belongs to its connections; borrows the backend and the listening sockets.
// Thread: made, used and destroyed by one thread; others reach it through its ShardLink.
// Invariants: nothing is allocated after construction; no connection, pin or operation is left
//   when it is destroyed.
class Shard {
 public:
  // Has all that it needs to serve, and accepts nobody yet. Clients of `admin_listeners` may see
  // the addresses of viewers. Throws std::system_error.
  Shard(ServerState& state, unsigned index, Backend& backend, std::span<const int> listeners,
        std::span<const int> admin_listeners = {});
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  ~Shard();

  // User memory that a connection of a streaming viewer takes, bytes.
  static constexpr size_t kBytesPerViewer = sizeof(Connection) + Timers::kBytesPerTimer;

  // Accepts from the next turn on.
  void start() noexcept { acceptors_.start(); }

  // Turns until state.stopping is set and everything is closed.
  void run() noexcept;

  // One turn, which waits until `deadline` at most. False when it has stopped.
  bool turn(Instant deadline) noexcept;

  // --- for connections, answers and reports ---

  Reactor& reactor() noexcept { return reactor_; }
  Instant now() const noexcept { return reactor_.now(); }
  ServerState& state() noexcept { return state_; }
  ShardStats& stats() noexcept { return link_.stats; }
  unsigned index() const noexcept { return index_; }
  std::string_view date() noexcept { return date_.at(reactor_.wall_now()); }
  WallTime wall_now() noexcept { return reactor_.wall_now(); }
  Turns& turns() noexcept { return turns_; }
  Mailbox& mailbox() noexcept { return link_.mailbox; }
  ZeroCopySends& zero_copy() noexcept { return zero_copy_; }
  Slab<WebSocket>& web_sockets() noexcept { return web_sockets_; }
  Slab<UstreamerFraming>& ustreamer_framings() noexcept { return ustreamer_framings_; }
  Slab<Viewer>& socket_viewers() noexcept { return socket_viewers_; }
  Channel& channel(size_t camera) noexcept { return *channels_[camera]; }
  size_t camera_of(const Channel& channel) const noexcept;

  Exchange* take_exchange() noexcept;
  void return_exchange(Exchange* exchange) noexcept { exchanges_.destroy(exchange); }
  uint64_t next_connection_id() noexcept;

  // Receives bytes that nobody wants, to see when the peer leaves.
  void receive_nothing(Operation& operation, int fd) noexcept;

  // A report's body, nullptr when too many are being read.
  Body* make_report(Report report, size_t camera, bool addresses) noexcept;
  // A table's body; there are as many as places at the desk.
  Body* make_table(TableQuery& query) noexcept;
  LogGate& table_gate() noexcept { return table_gate_; }
  EventLog& events() noexcept { return events_; }

  // Empty when well; else a reason, valid until the next call.
  std::string_view why_unhealthy() noexcept;
  std::string_view why_not_ready() noexcept;

  // Takes a new connection over.
  void admit(const ClientSocket& client) noexcept;
  // The same, to tell it 503 at once, without waiting for its request.
  void refuse(int fd, std::string_view reason) noexcept;
  bool has_room() const noexcept { return slab_.used() < slab_.capacity(); }

  // Counts and says that there is no place left, for connections or for viewers.
  void note_full() noexcept;

  // The connection's last completion has come; destroys it.
  void forget(Connection& connection) noexcept;

  List<Connection, AllConnections>& connections() noexcept { return connections_; }

 private:
  enum class Phase : uint8_t {
    serving,
    stopping,  // connections are being ended
    emptied,   // has none left, waits for the other shards
    leaving,   // until the last completion
  };

  void on_woken(Completion completion) noexcept;
  void prepare();
  void listen_for_wakes() noexcept;
  void refresh_channels() noexcept;
  void reclaim(Channel& channel) noexcept;
  Connection* make_connection(const ClientSocket& client) noexcept;
  void begin_stop() noexcept;
  void continue_stop() noexcept;
  void abort_all() noexcept;

  ServerState& state_;
  ShardLink& link_;
  const unsigned index_;
  EventLog events_{index_};
  const size_t connections_max_;  // beyond it they are refused
  Reactor reactor_;
  Slab<Connection> slab_;
  Slab<Exchange> exchanges_;
  Slab<ReportBody> reports_;
  Slab<TableBody> tables_;
  Slab<UstreamerFraming> ustreamer_framings_;
  Slab<WebSocket> web_sockets_;
  Slab<Viewer> socket_viewers_;  // of WebSockets; those of streams lie in their connections
  ZeroCopySends zero_copy_;
  Turns turns_;
  std::vector<std::unique_ptr<Channel>> channels_;
  Acceptors acceptors_;
  List<Connection, AllConnections> connections_;

  Operation wake_;
  int wake_error_ = 0;  // why the kernel does not report wakes
  Timer stop_timer_;
  uint64_t wake_count_ = 0;
  DateField date_;
  LogGate table_gate_;
  uint64_t connections_made_ = 0;
  Phase phase_ = Phase::serving;
  Instant trim_at_{};
  Instant serve_at_ = kNever;  // when viewers are to be served again
  std::array<char, 160> reason_;
  std::array<char, 4096> scratch_;  // what nobody wants is received here
};

}  // namespace fanlight
