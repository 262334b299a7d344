// SPDX-License-Identifier: Apache-2.0
// DescriptorTable: what the epoll backend knows of each descriptor, by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "io/epoll_request.h"

namespace fanlight {

// All zero: nothing waits, and epoll does not know it.
struct EpollDescriptor {
  EpollRequest input;   // ACCEPT, RECV, READ or POLL_ADD that waits
  EpollRequest output;  // SEND or SENDMSG that waits
  uint32_t interest;    // what epoll watches; 0: not in the set
  bool nonblocking;     // O_NONBLOCK was set by our accept
};
static_assert(sizeof(EpollDescriptor) <= 96);

// Owns: one anonymous mapping that grows by doubling; a part that was never asked for was never
//   touched, so that room for many descriptors costs address space and no memory.
// Thread: one.
class DescriptorTable {
 public:
  // Throws std::system_error when the address space is refused.
  explicit DescriptorTable(size_t capacity);
  DescriptorTable(const DescriptorTable&) = delete;
  DescriptorTable& operator=(const DescriptorTable&) = delete;
  ~DescriptorTable();

  // Makes room for `fd` >= 0. False when memory is refused; all stays as it was.
  bool reserve(int fd) noexcept;

  // `fd` >= 0. Valid until a higher one is asked for. Where reserve() has not made room, memory
  // that is refused ends the process.
  EpollDescriptor& at(int fd) noexcept;

  // Those up to the highest that was asked for.
  std::span<EpollDescriptor> used() noexcept { return {descriptors_, used_}; }

 private:
  EpollDescriptor* descriptors_ = nullptr;
  size_t capacity_;
  size_t used_ = 0;
};

}  // namespace fanlight
