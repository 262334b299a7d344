// SPDX-License-Identifier: Apache-2.0
// Shard: one thread of the server, with its loop, its listeners and its connections.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/list.h"
#include "core/log.h"
#include "core/slab.h"
#include "core/time.h"
#include "http/delivery/channel.h"
#include "http/delivery/replay_places.h"
#include "http/delivery/send_queue.h"
#include "http/delivery/shard_entry.h"
#include "http/delivery/shard_services.h"
#include "http/delivery/ustreamer_framing.h"
#include "http/delivery/web_socket.h"
#include "http/delivery/zero_copy_send.h"
#include "http/protocol/exchange.h"
#include "http/protocol/response.h"
#include "http/report/report.h"
#include "http/report/table_body.h"
#include "http/shard/acceptors.h"
#include "http/shard/access_record.h"
#include "http/shard/connection.h"
#include "http/shard/tls_places.h"
#include "http/state/event_log.h"
#include "http/state/server_state.h"
#include "io/backend.h"
#include "io/operation.h"
#include "io/reactor.h"

namespace fanlight {

// Owns: everything that belongs to its connections; borrows the backend and the listening sockets.
// Thread: created, used and destroyed by one thread; others reach it through its ShardLink.
// Invariants: nothing is allocated after construction; no connection, pin or operation is left on
//   destruction.
class Shard final : public ShardEntry, public ConnectionOwner {
 public:
  // Has everything it needs to serve, but does not accept yet. Throws std::system_error.
  Shard(ServerState& state, unsigned index, Backend& backend,
        std::span<const ListeningSocket> listeners);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  ~Shard();

  // User memory per connection of a streaming viewer, in bytes; and of one on a WebSocket with one
  // camera, whose client sends nothing.
  static constexpr size_t kBytesPerViewer = sizeof(Connection) + Timers::kBytesPerTimer;
  static constexpr size_t kBytesPerWebSocket = kBytesPerViewer + sizeof(Viewer);

  // Accepts from the next loop iteration on.
  void start() noexcept { acceptors_.start(); }

  // Loops until state.stopping is set and everything is closed.
  void run() noexcept;

  // One loop iteration, which waits until `deadline` at most. False once the shard has stopped.
  bool turn(Instant deadline) noexcept;

  ShardServices& services() noexcept override { return services_; }
  Instant now() const noexcept { return reactor_.now(); }

  // --- ShardEntry ---

  void admit(const ClientSocket& client) noexcept override;
  void refuse(const ClientSocket& client, Refusal reason) noexcept override;
  bool has_room() const noexcept override { return slab_.used() < slab_.capacity(); }
  void visit_sessions(SessionVisitor& visitor) noexcept override;
  void carry_out(PassingOrder& order) noexcept override;
  void take(const PassedStream& passed) noexcept override;

  // --- ConnectionOwner ---

  void forget(Connection& connection) noexcept override;
  ConnectionLine& line(Line line) noexcept override { return lines_[static_cast<size_t>(line)]; }

 private:
  enum class Phase : uint8_t {
    serving,
    stopping,  // ending its connections
    emptied,   // has none left, waits for the other shards
    leaving,   // until the last completion
  };

  void on_woken(Completion completion) noexcept;
  void prepare();
  void listen_for_wakes() noexcept;
  void look_for_wakes() noexcept;
  void take_wake() noexcept;
  void stop_waiting_for_wakes() noexcept;
  std::unique_ptr<Channel> make_channel(size_t camera, Channel* above);
  void refresh_channels() noexcept;
  void refresh(Channel& channel) noexcept;
  void reclaim(Channel& channel) noexcept;
  uint64_t next_connection_id() noexcept;
  Verdict take_place(const ClientSocket& client, ConnectionPlace& place) noexcept;
  bool make_room() noexcept;
  void limit_guests() noexcept;
  Connection* make_connection(const ClientSocket& client) noexcept;
  Instant shake_hands() noexcept;
  void renew_handshakes() noexcept;
  void resume_all() noexcept;
  Instant collect() noexcept;
  static void answer(PassingOrder& order) noexcept;
  void begin_stop() noexcept;
  void continue_stop() noexcept;
  void abort_all() noexcept;

  ServerState& state_;
  ShardLink& link_;
  EventLog events_;
  LogGate table_gate_;
  DateField date_;
  const size_t connections_max_;  // more are guests
  Reactor reactor_;
  SendQueue queue_;
  ZeroCopySends zero_copy_;
  std::vector<std::unique_ptr<Channel>> channels_;        // rung 0 of each camera
  std::vector<std::unique_ptr<Channel>> lower_channels_;  // the rungs below, camera by camera
  std::array<char, 4096> scratch_;
  Slab<Connection> slab_;
  Slab<AccessRecord> access_records_;
  Slab<Exchange> exchanges_;
  Slab<ReportBody> reports_;
  Slab<TableBody> tables_;
  Slab<UstreamerFraming> ustreamer_framings_;
  Slab<WebSocketInput> web_socket_inputs_;
  ReplayPlaces replays_;
  Slab<Viewer> socket_viewers_;
  std::optional<TlsPlaces> tls_;
  ShardServices services_;
  Acceptors acceptors_;
  List<Connection, AllConnections> connections_;
  std::array<ConnectionLine, kLines> lines_;

  Operation wake_;
  int wake_error_ = 0;  // errno if the kernel cannot report wakes
  Timer wake_timer_;    // after a wake could not be read, or its wait not be cancelled
  Timer stop_timer_;
  uint64_t wake_count_ = 0;
  uint64_t connections_made_ = 0;
  Phase phase_ = Phase::serving;
  Instant trim_at_{};
  Instant serve_at_ = kNever;           // when to serve viewers again
  PassingOrder* collecting_ = nullptr;  // to be answered
};

}  // namespace fanlight
