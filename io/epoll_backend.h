// SPDX-License-Identifier: Apache-2.0
// EpollBackend: carries out io_uring's requests with non-blocking calls and epoll(7), for kernels
// and containers that forbid io_uring.
//
// A request is tried as soon as it is submitted. Only when its descriptor is not ready does it
// wait: it is kept beside its descriptor and tried again when epoll reports the descriptor.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/fd.h"
#include "io/kernel_backend.h"

namespace fanlight {

// Owns: the epoll set, the requests that wait and the events that were not fetched yet. They grow
//   with the highest descriptor and with the requests in flight, by doubling, and never per event.
// Thread: one.
// Invariants: at most one input and one output request wait per descriptor; while one waits, its
//   descriptor is in the epoll set; requests are carried out in the order of submission.
// Refused with -EINVAL: opcodes, request flags and modes that Backend does not list.
class EpollBackend final : public KernelBackend {
 public:
  // Accepts of one listener per turn, so that a burst of connects does not starve those inside.
  static constexpr int kAcceptsPerTurn = 64;

  // Throws std::system_error (EMFILE; epoll_create1(2)).
  explicit EpollBackend(unsigned connections);

  // A descriptor on which a request was made must be closed by a CLOSE request while the backend
  // lives, because epoll forgets it then without a word.
  io_uring_sqe* next_sqe() noexcept override;
  unsigned wait(std::span<Event> events, Instant deadline) noexcept override;
  const char* name() const noexcept override { return "epoll"; }

 private:
  static constexpr size_t kQueueSize = 256;
  static constexpr size_t kReportsPerCall = 256;

  using Request = std::optional<io_uring_sqe>;
  struct Descriptor {
    Request input;          // ACCEPT, RECV, READ or POLL_ADD that waits
    Request output;         // SEND or SENDMSG that waits
    uint32_t interest = 0;  // what epoll watches; 0: not in the set
  };

  void carry_out_queue() noexcept;
  void carry_out(const io_uring_sqe& request) noexcept;
  void start(Request Descriptor::*place, const io_uring_sqe& request) noexcept;
  void start_accept(const io_uring_sqe& request) noexcept;
  void accept_waiting(int listener) noexcept;
  void retry(Request& request) noexcept;
  void close_descriptor(const io_uring_sqe& request) noexcept;
  void cancel(const io_uring_sqe& request) noexcept;
  bool cancel_on(Descriptor& candidate, const io_uring_sqe& request) noexcept;
  int watch(int fd, uint32_t interest) noexcept;
  void unwatch(int fd) noexcept;
  void poll_descriptors(Instant deadline) noexcept;
  void dispatch(const epoll_event& report) noexcept;
  void complete(const io_uring_sqe& request, int result, uint32_t flags = 0) noexcept;
  unsigned take(std::span<Event> events) noexcept;
  Descriptor& descriptor(int fd) noexcept;

  Fd epoll_;
  std::vector<Descriptor> descriptors_;  // by number
  std::vector<Event> completed_;         // oldest first
  std::array<io_uring_sqe, kQueueSize> queue_;
  size_t queued_ = 0;
};

}  // namespace fanlight
