// SPDX-License-Identifier: Apache-2.0
// SimNetwork: the simulated TCP connections, from the server's kernel to the peers' programs.
//
// A byte that the server sends waits in its kernel's send queue, travels in a segment, arrives in
// the peer's kernel (which acknowledges it), and is read by the peer's program. The other direction
// is the same. Segments travel one at a time per direction, so bytes never overtake each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/random.h"
#include "io/peer_address.h"
#include "tests/sim/byte_queue.h"
#include "tests/sim/faults/sim_faults.h"
#include "tests/sim/sim_clock.h"

namespace fanlight {

// The network path between a server and one peer.
struct SimLink {
  size_t send_buffer = 64 << 10;     // bytes that the server's kernel queues
  size_t receive_window = 64 << 10;  // bytes that the peer's kernel queues
  double bytes_per_second = 0;       // to the peer; 0: no limit
  Duration latency{0};               // one way
  // The peer's address; none: a separate address (IPv4, 10.0.0.0/8) for every connection.
  std::optional<PeerAddress> peer = std::nullopt;
};

// a.b.c.d in host order, as in 0x0a000001 for 10.0.0.1.
PeerAddress ipv4_peer(uint32_t address);

// One connection, both ends of it.
// Owns: the queued bytes. Thread: one.
// Invariant: after a reset nothing is queued in the server's kernel and no segment travels.
class SimConnection {
 public:
  enum class Side { server, peer };

  SimConnection(class SimNetwork& network, uint64_t id, const SimLink& link);

  uint64_t id() const { return id_; }
  PeerAddress peer() const;

  // --- the server's end ---

  size_t send_room() const;
  bool is_writable() const;  // by the kernel's measure: a third of the send buffer is free
  void send(std::string_view bytes);
  const ByteQueue& received() const { return up_.received; }
  void receive(size_t bytes);  // takes them from received()
  bool receive_ended() const;  // nothing more will arrive
  bool send_ended() const { return was_reset_ || down_.fin; }
  bool was_reset() const { return was_reset_; }
  // The pending error of the socket as -errno, once; 0 when there is none (socket(7), SO_ERROR).
  int take_error();
  bool has_error() const { return error_ != 0; }
  int shut_down(int how);         // shutdown(2); 0 or -errno
  void close_server(bool reset);  // `reset`: with SO_LINGER and time 0
  uint64_t acknowledged() const { return down_.delivered; }
  // The value of acknowledged() once the peer has received everything sent so far.
  uint64_t queued_until() const { return down_.delivered + down_.sending.size(); }

  // --- the peer's end ---

  void write(std::string_view bytes);
  void shut_down_writing();
  void close_peer();
  void reset_by_peer();
  const ByteQueue& arrived() const { return down_.received; }
  void read(size_t bytes);  // takes them from arrived()
  bool end_arrived() const { return down_.fin_delivered; }
  bool reset_arrived() const { return reset_arrived_; }
  void set_on_change(std::function<void()> f) { on_change_ = std::move(f); }
  // Of the line to the peer, from the next segment on.
  void set_rate(double bytes_per_second) { down_.bytes_per_second = bytes_per_second; }

  // --- both ---

  // From now on no segment travels, and neither end is informed.
  void cut() { cut_ = true; }
  // A device on the path resets the connection: both ends see it.
  void reset_by_network();

  // Bytes in the server's kernel.
  size_t kernel_bytes() const { return down_.sending.size() + up_.received.size(); }
  // The server has closed it and its kernel still has to deliver bytes.
  bool is_orphan() const { return server_closed_ && !was_reset_ && !down_.fin_delivered; }

 private:
  friend class SimNetwork;
  struct Direction {
    Side to;
    ByteQueue sending;   // in the sender's kernel
    ByteQueue received;  // in the receiver's kernel
    size_t received_max;
    double bytes_per_second;
    uint64_t delivered = 0;
    bool travelling = false;  // a segment is in transit
    bool fin = false;         // nothing more will be sent
    bool fin_delivered = false;
  };

  void pump(Direction& direction);
  void arrive(Direction& direction, size_t bytes);
  void notify(Side side);
  void reset_state();
  void reset_by_server();

  SimNetwork& network_;
  const uint64_t id_;
  const SimLink link_;
  Direction down_;  // to the peer
  Direction up_;    // to the server
  std::function<void()> on_change_;
  int error_ = 0;
  bool server_closed_ = false;
  bool peer_closed_ = false;
  bool receive_shut_ = false;
  bool was_reset_ = false;
  bool reset_arrived_ = false;
  bool cut_ = false;
};

// Owns: the connections and the queues of listeners; borrows the clock. Thread: one.
class SimNetwork {
 public:
  SimNetwork(SimClock& clock, const SimFaults& faults, uint64_t seed)
      : clock_(clock), faults_(faults), random_(seed) {}
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  // A listener's number; connections to a closed one are refused by a reset.
  uint64_t listen();
  void close_listener(uint64_t listener);

  SimConnection& connect(uint64_t listener, const SimLink& link);
  bool has_waiting(uint64_t listener) const { return !listeners_.at(listener).empty(); }
  SimConnection& accept(uint64_t listener);

  // Connections and listeners (by number) whose server end has changed since the last call.
  std::set<uint64_t> take_changed() { return std::exchange(changed_, {}); }
  bool has_changed() const { return !changed_.empty(); }

  // Of all connections: bytes in the server's kernel, and connections kept by it after close.
  size_t kernel_bytes() const;
  size_t orphans() const;

  SimClock& clock() { return clock_; }

 private:
  friend class SimConnection;
  // Numbers of connections and listeners; addresses would differ between runs.
  uint64_t next_id() { return ++ids_; }

  SimClock& clock_;
  const SimFaults faults_;
  Random random_;
  uint64_t ids_ = 0;
  std::map<uint64_t, std::deque<uint64_t>> listeners_;
  std::map<uint64_t, std::unique_ptr<SimConnection>> connections_;
  std::set<uint64_t> changed_;
};

}  // namespace fanlight
