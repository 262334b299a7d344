// SPDX-License-Identifier: Apache-2.0
// Server: starts and stops the shards.
#pragma once

#include <latch>
#include <thread>
#include <vector>

#include "http/state/server_state.h"
#include "io/choose_backend.h"
#include "io/listener.h"

namespace fanlight {

struct ServerThreads {
  unsigned shards = 1;
  BackendKind backend = BackendKind::epoll;  // as choose_backend() gave it
  bool pin_cpus = false;                     // shard i runs on the i-th CPU that is allowed
};

// Owns: the shards' threads; each makes its backend and its shard itself, since an io_uring with
//   SINGLE_ISSUER belongs to the thread that made it. Borrows state and listeners.
// Thread: main's.
class Server {
 public:
  // Returns when every shard has all that it needs to serve; none accepts yet. Throws
  // std::system_error when a thread is refused, or what a shard's construction threw; then none
  // runs. Clients of `admin_listeners` may see the addresses of viewers.
  Server(ServerState& state, const std::vector<Listener>& listeners, const ServerThreads& threads,
         const std::vector<Listener>& admin_listeners = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { stop(); }

  // Every shard accepts from now on.
  void begin() noexcept;

  // Ends all streams with their closing delimiter and joins the threads; within 2 s. Before begin()
  // nobody is accepted meanwhile.
  void stop() noexcept;

 private:
  ServerState& state_;
  std::latch begin_{1};  // what shards that are ready wait for: begin() or stop()
  bool has_begun_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace fanlight
