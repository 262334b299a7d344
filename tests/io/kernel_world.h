// SPDX-License-Identifier: Apache-2.0
// KernelWorld: the contract's world on the real kernel, over TCP on the loopback device.
#pragma once

#include <memory>
#include <vector>

#include "core/fd.h"
#include "core/shared_memory.h"
#include "tests/io/backend_contract.h"

namespace fanlight {

// Owns: the descriptors that no scenario closed; borrows the backend.
class KernelWorld final : public ContractWorld {
 public:
  // Raises the soft limit of descriptors. `shares`: passes memory() to the backend as shared.
  explicit KernelWorld(Backend& backend, bool shares = false);
  ~KernelWorld() override;

  Backend& backend() override { return backend_; }
  int listen() override;
  std::unique_ptr<ContractPeer> make_peer() override;
  int make_eventfd() override;
  void wake(int eventfd) override;
  std::span<char> memory(size_t size) override;
  void exhaust_descriptors() override;
  void release_descriptors() override { ballast_.clear(); }
  bool is_open(int fd) override;

 private:
  Backend& backend_;
  std::vector<int> made_;  // by listen() and make_eventfd(); a scenario may have closed them
  std::vector<Fd> ballast_;
  SharedMemory memory_;
  size_t memory_used_ = 0;
};

}  // namespace fanlight
