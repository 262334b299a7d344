// SPDX-License-Identifier: Apache-2.0
// Acceptors: how a shard gets its connections.
//
// The kernel spreads connections over the shards by a hash or, where the shards share one socket,
// not at all. A shard that has more connections than another passes new ones on, so that all shards
// carry the same load. When descriptors run out, a spare descriptor is closed for each client,
// which is accepted and refused with 503; the others wait in the kernel's backlog meanwhile.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/mailbox.h"
#include "http/delivery/shard_entry.h"
#include "http/state/client_socket.h"
#include "io/operation.h"
#include "io/timers.h"

namespace fanlight {

struct ShardServices;

// Owns: one multishot accept for each listening socket; the spare descriptor; the messages that
//   carry connections to other shards. Borrows the sockets.
// Thread: its shard's.
// Invariants: nothing is allocated after construction; each message that was sent is returned.
class Acceptors {
 public:
  Acceptors(ShardEntry& shard, ShardServices& services, std::span<const ListeningSocket> listeners);
  Acceptors(const Acceptors&) = delete;
  Acceptors& operator=(const Acceptors&) = delete;
  ~Acceptors();

  // Opens the spare descriptor. Throws std::system_error if none is left.
  void take_spare();

  // Accepts from now on.
  void start() noexcept;

  // A connection has ended, so a place and a descriptor are free; or some time has passed.
  void try_again() noexcept;

  // Accepts nothing until release(), so that another process accepts all.
  void hold() noexcept;
  void release() noexcept;

  // Stops accepting.
  void stop() noexcept;

  // Whether no connection is in transit, from the kernel or to another shard.
  bool is_idle() const noexcept;

 private:
  struct Acceptor {
    Acceptor(Acceptors& owner, const ListeningSocket& listening)
        : acceptors(owner), listener(listening), operation(bind<&Acceptor::on_accepted>(this)) {}
    void on_accepted(Completion completion) noexcept { acceptors.on_accepted(*this, completion); }
    Acceptors& acceptors;
    const ListeningSocket listener;
    Operation operation;
  };

  // A connection in transit to another shard.
  struct Handover : Message {
    Acceptors* owner = nullptr;
    unsigned to = 0;
    ClientSocket client;
  };
  static constexpr size_t kHandoversMax = 256;

  // One accept may return everything in the backlog: as many as can be there.
  static constexpr size_t kHeldMax = 4096;

  void accept(Acceptor& acceptor) noexcept;
  void on_accepted(Acceptor& acceptor, Completion completion) noexcept;
  void accept_failed(int error) noexcept;
  void short_of_descriptors(int error) noexcept;
  void accepted(const ClientSocket& client) noexcept;
  void hold(const ClientSocket& client) noexcept;
  void pause() noexcept;
  void resume() noexcept;
  bool has_spare() noexcept;
  void on_timer() noexcept;
  void cancel_accepts() noexcept;
  ClientSocket take_held() noexcept;
  unsigned least_loaded() const noexcept;
  unsigned most_idle() const noexcept;
  bool hand_over(const ClientSocket& client) noexcept;
  void came_back(Handover& handover) noexcept;

  ShardEntry& shard_;
  ShardServices& services_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::array<Handover, kHandoversMax> handovers_;
  std::vector<Handover*> free_;              // not in use
  std::vector<size_t> on_their_way_;         // number in transit to each shard
  std::array<ClientSocket, kHeldMax> held_;  // accepted, waiting for a place, oldest first
  size_t held_first_ = 0;
  size_t held_count_ = 0;
  Timer retry_timer_;
  unsigned failures_ = 0;  // transient ones in a row
  int spare_ = -1;         // descriptor; -1: closed to refuse a client, or not available
  bool paused_ = false;    // for lack of a place or a descriptor
  bool on_hold_ = false;   // hold()
  bool stopped_ = false;
};

}  // namespace fanlight
