// SPDX-License-Identifier: Apache-2.0
// Server: starts and stops the shards.
#pragma once

#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "http/state/server_state.h"
#include "io/choose_backend.h"
#include "io/listener.h"

namespace fanlight {

struct ServerThreads {
  unsigned shards = 1;
  BackendKind backend = BackendKind::epoll;  // as chosen by choose_backend()
  bool pin_cpus = false;                     // shard i runs on the i-th allowed CPU
  // Each shard calls it with its own thread; a test has one fail.
  std::unique_ptr<Backend> (*make_backend)(BackendKind, unsigned) = &fanlight::make_backend;
};

// Owns: the shards' threads; each creates its own backend and shard, since an io_uring with
//   SINGLE_ISSUER belongs to the thread that created it. Borrows state and listeners.
// Thread: main's.
class Server {
 public:
  // Returns when every shard has everything it needs to serve; none accepts yet. Throws
  // std::system_error if a thread cannot be created, or what a shard's constructor threw; then no
  // thread runs. Clients of `admin_listeners` may see viewer addresses.
  Server(ServerState& state, const std::vector<Listener>& listeners, const ServerThreads& threads,
         const std::vector<Listener>& admin_listeners = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { stop(); }

  // All shards start accepting.
  void begin() noexcept;

  // Ends all streams with their closing delimiter and joins the threads, within 2 s. Before
  // begin(), no connection is accepted in the process.
  void stop() noexcept;

 private:
  ServerState& state_;
  std::latch begin_{1};  // ready shards wait on it for begin() or stop()
  bool has_begun_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace fanlight
