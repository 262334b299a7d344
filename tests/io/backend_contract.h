// SPDX-License-Identifier: Apache-2.0
// What every Backend must do, as one table of scenarios. A scenario sees nothing but a Backend and
// a ContractWorld, so that the same expectations hold for io_uring, for epoll and for the
// simulated kernel.
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
  virtual ~ContractPeer() = default;  // closes, if that was not done yet

  // Connects to a socket of ContractWorld::listen(); the connection then waits to be accepted.
  virtual void connect(int listener) = 0;

  // Sends all of it; at most 4 KB at once, so that it always fits in the queues.
  virtual void send(std::string_view bytes) = 0;

  // Takes up to `size_max` of the bytes that have arrived; empty when there are none yet.
  virtual std::string receive(size_t size_max) = 0;

  // True when the other side's end of stream has arrived and all before it was received.
  virtual bool at_end() = 0;

  virtual void close() = 0;  // FIN
  virtual void reset() = 0;  // RST
};

// The machine around the backend. Descriptors that are left over belong to the world.
class ContractWorld {
 public:
  virtual ~ContractWorld() = default;

  virtual Backend& backend() = 0;

  // A listening stream socket, blocking, whose connections queue at most some 100 KB per direction.
  virtual int listen() = 0;
  // A peer that is not connected yet.
  virtual std::unique_ptr<ContractPeer> make_peer() = 0;

  // A blocking eventfd(2), as Waker has it. The world must bear 2100 of them at once.
  virtual int make_eventfd() = 0;
  virtual void wake(int eventfd) = 0;  // adds 1

  // Memory to send from, as long as the world lives. Nobody has sent from it yet, and nobody may
  // write to it after it was sent: the backend may have been told that it is shared.
  virtual std::span<char> memory(size_t size) = 0;

  // Leaves no descriptor for accept, until it is told to release them.
  virtual void exhaust_descriptors() = 0;
  virtual void release_descriptors() = 0;

  // True when `fd` is open on the backend's side.
  virtual bool is_open(int fd) = 0;
};

struct ContractScenario {
  const char* name;  // letters and digits only, for the name of a test
  void (*run)(ContractWorld& world);
};

// Fails by gtest's expectations. Each scenario wants a new world.
std::span<const ContractScenario> contract_scenarios();

}  // namespace fanlight
