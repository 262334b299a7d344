// SPDX-License-Identifier: Apache-2.0
#include "http/shard/server.h"

#include <pthread.h>
#include <sched.h>

#include <exception>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <utility>

#include "core/log.h"
#include "http/shard/shard.h"

namespace fanlight {
namespace {

// Pins the calling thread to the index-th of the CPUs that the process may use.
void pin_to_cpu(unsigned index) {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  unsigned skip = index % static_cast<unsigned>(CPU_COUNT(&allowed));
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || skip-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (::pthread_setaffinity_np(::pthread_self(), sizeof one, &one) != 0) {
      log_warning("shard {} cannot be pinned to CPU {}", index, cpu);
    }
    return;
  }
}

// How a shard's thread signals that it is ready, and learns that all are.
struct ShardSignals {
  std::promise<void>& ready;
  std::latch& begin;
};

using ShardSockets = std::vector<ListeningSocket>;

void add_sockets(ShardSockets& sockets, const std::vector<Listener>& listeners, unsigned shard,
                 unsigned shards, bool is_admin) {
  for (const Listener& listener : listeners) {
    for (const int fd : listener.fds(shard, shards)) {
      sockets.push_back({fd, is_admin, listener.is_tls(), listener.is_local()});
    }
  }
}

void run_shard(ServerState& state, unsigned index, const ShardSockets& sockets,
               const ServerThreads& options, ShardSignals signals) {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Shard> shard;
  ::pthread_setname_np(::pthread_self(), ("shard-" + std::to_string(index)).c_str());
  if (options.pin_cpus) pin_to_cpu(index);
  try {
    const auto connections = static_cast<unsigned>(state.config.admission.viewers_max);
    backend = options.make_backend(options.backend, connections);
    shard = std::make_unique<Shard>(state, index, *backend, sockets);
  } catch (...) {
    // The others wait for every shard to be empty before they leave; this one is empty.
    state.shards_with_connections.fetch_sub(1);
    signals.ready.set_exception(std::current_exception());
    return;
  }
  signals.ready.set_value();
  signals.begin.wait();
  if (!state.stopping) shard->start();
  shard->run();
}

}  // namespace

Server::Server(ServerState& state, const std::vector<Listener>& listeners,
               const ServerThreads& options, const std::vector<Listener>& admin_listeners)
    : state_(state) {
  std::vector<std::promise<void>> ready(options.shards);
  std::exception_ptr failure;
  threads_.reserve(options.shards);  // a vector that grows may lose a thread that it cannot hold
  for (unsigned i = 0; i < options.shards; ++i) {
    try {
      ShardSockets sockets;
      add_sockets(sockets, listeners, i, options.shards, false);
      add_sockets(sockets, admin_listeners, i, options.shards, true);
      threads_.emplace_back([&state, signals = ShardSignals{ready[i], begin_}, i, sockets,
                             options] { run_shard(state, i, sockets, options, signals); });
    } catch (...) {
      failure = std::current_exception();
      // At the end the others wait for every shard to be empty; those that never ran are empty.
      state.shards_with_connections.fetch_sub(options.shards - i);
      break;
    }
  }
  for (size_t i = 0; i < threads_.size(); ++i) {
    try {
      ready[i].get_future().get();
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (failure == nullptr) return;
  stop();
  std::rethrow_exception(failure);
}

void Server::begin() noexcept {
  if (!std::exchange(has_begun_, true)) begin_.count_down();
}

void Server::stop() noexcept {
  state_.stopping = true;
  state_.wake_all();
  begin();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace fanlight
