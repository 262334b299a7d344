// SPDX-License-Identifier: Apache-2.0
// What every Backend must do, as one table of scenarios. A scenario sees only a Backend and a
// ContractWorld, so that the same expectations hold for io_uring, for epoll and for the simulated
// kernel.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "io/backend.h"

namespace fanlight {

// The far end of a connection.
class ContractPeer {
 public:
  virtual ~ContractPeer() = default;  // closes, if not done yet

  // Connects to a socket of ContractWorld::listen(); the connection then waits to be accepted.
  virtual void connect(int listener) = 0;

  // Sends all of it; at most 4 KB at a time, so that it always fits into the queues.
  virtual void send(std::string_view bytes) = 0;

  // Takes up to `size_max` of the bytes that have arrived; empty when there are none yet.
  virtual std::string receive(size_t size_max) = 0;

  // True when the other side's end of stream has arrived and everything before it was received.
  virtual bool at_end() = 0;

  virtual void close() = 0;  // FIN
  virtual void reset() = 0;  // RST
};

// The machine around the backend. Remaining descriptors belong to the world.
class ContractWorld {
 public:
  virtual ~ContractWorld() = default;

  virtual Backend& backend() = 0;

  // A listening stream socket, blocking, whose connections queue at most some 100 KB per direction.
  virtual int listen() = 0;
  // A peer that is not connected yet.
  virtual std::unique_ptr<ContractPeer> make_peer() = 0;

  // A blocking eventfd(2), as in Waker. The world must support 2100 of them at the same time.
  virtual int make_eventfd() = 0;
  virtual void wake(int eventfd) = 0;  // adds 1

  // Memory to send from, valid as long as the world lives. Nothing has been sent from it yet, and
  // it must not be written after a send: it may be shared with the backend.
  virtual std::span<char> memory(size_t size) = 0;

  // Leaves no descriptor for accept, until release is called.
  virtual void exhaust_descriptors() = 0;
  virtual void release_descriptors() = 0;

  // True when `fd` is open on the backend's side.
  virtual bool is_open(int fd) = 0;
};

struct ContractScenario {
  const char* name;  // letters and digits only, for the name of a test
  void (*run)(ContractWorld& world);
};

// Fails by gtest's expectations. Each scenario needs a new world.
std::span<const ContractScenario> contract_scenarios();

}  // namespace fanlight
