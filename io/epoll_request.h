// SPDX-License-Identifier: Apache-2.0
// EpollRequest: the epoll backend's copy of an SQE, and how it is carried out without waiting.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>

#include "io/shared_regions.h"

namespace fanlight {

// An SQE without the fields that only io_uring needs; its descriptor is implied by where it is
// stored. All zero: no request, because none has the opcode 0 (IORING_OP_NOP).
struct EpollRequest {
  uint64_t user_data;
  uint64_t address;
  uint64_t address2;  // ACCEPT: where the size of the peer's address is written
  uint32_t length;
  uint32_t flags;  // MSG_*, SOCK_* or POLL*
  uint8_t opcode;

  static EpollRequest from(const io_uring_sqe& sqe) noexcept;
  explicit operator bool() const noexcept { return opcode != IORING_OP_NOP; }

  // The epoll events that justify another try.
  uint32_t wanted() const noexcept;
};
static_assert(sizeof(EpollRequest) <= 40);

// False for requests that only io_uring can carry out, so that no code depends on one unnoticed.
bool is_supported_by_epoll(const io_uring_sqe& sqe) noexcept;

// From this many bytes on, memory in `shared` is given to a socket as pages. Below that a copy is
// cheaper than the bookkeeping: measured on the loopback device, both cost the same at 12 to 16 KB.
inline constexpr size_t kSendfileBytesMin = 16 << 10;

// One non-blocking try of RECV, SEND, SENDMSG, READ or POLL_ADD: its result or -errno; -EAGAIN when
// the descriptor is not ready. `shared` is the memory that sendfile(2) may send from; nullptr for a
// socket in blocking mode, because sendfile(2) takes no MSG_DONTWAIT.
int attempt(int fd, const EpollRequest& request, const SharedRegions* shared) noexcept;

}  // namespace fanlight
