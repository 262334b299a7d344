// SPDX-License-Identifier: Apache-2.0
// DescriptorTable: the epoll backend's state for each descriptor, by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "io/epoll_request.h"

namespace fanlight {

// All zero: nothing is waiting, and the descriptor is not in the epoll set.
struct EpollDescriptor {
  EpollRequest input;   // a waiting ACCEPT, RECV, READ or POLL_ADD
  EpollRequest output;  // a waiting SEND or SENDMSG
  uint32_t interest;    // what epoll watches; 0: not in the set
  bool may_share;       // shared memory is sent as pages: our accept set O_NONBLOCK, no kernel TLS
};
static_assert(sizeof(EpollDescriptor) <= 96);

// Owns: one anonymous mapping that grows by doubling; a part that was never accessed was never
//   touched, so room for many descriptors costs address space and no memory.
// Thread: one.
class DescriptorTable {
 public:
  // Throws std::system_error when the address space is refused.
  explicit DescriptorTable(size_t capacity);
  DescriptorTable(const DescriptorTable&) = delete;
  DescriptorTable& operator=(const DescriptorTable&) = delete;
  ~DescriptorTable();

  // Makes room for `fd` >= 0. False when memory is refused; nothing changes then.
  bool reserve(int fd) noexcept;

  // `fd` >= 0. Valid until a higher one is accessed. If reserve() has not made room and memory is
  // refused, the process ends.
  EpollDescriptor& at(int fd) noexcept;

  // All up to the highest that was accessed.
  std::span<EpollDescriptor> used() noexcept { return {descriptors_, used_}; }

 private:
  EpollDescriptor* descriptors_ = nullptr;
  size_t capacity_;
  size_t used_ = 0;
};

}  // namespace fanlight
