// SPDX-License-Identifier: Apache-2.0
// EpollBackend: carries out io_uring's requests with non-blocking calls and epoll(7), for kernels
// and containers that forbid io_uring.
//
// A request is tried as soon as it is submitted. If its descriptor is not ready, the request is
// stored with the descriptor and tried again when epoll reports the descriptor.
//
// Sends from shared memory (share_memory()) become sendfile(2), which saves the copy, and for
// stalled viewers the memory: their sockets all hold the same pages. It needs sockets in
// non-blocking mode, so from then on the backend accepts them that way.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/fd.h"
#include "io/descriptor_table.h"
#include "io/kernel_backend.h"
#include "io/shared_regions.h"

namespace fanlight {

// Owns: the epoll set, the waiting requests and the events not fetched yet. They grow with the
//   highest descriptor and with the requests in flight, by doubling, and never per event. None of
//   it is touched before it is used: 88 bytes for each descriptor.
// Thread: one.
// Invariants: at most one input and one output request wait per descriptor; while one waits, its
//   descriptor is in the epoll set; requests are carried out in the order of submission.
// Rejected with -EINVAL: opcodes, request flags and modes that Backend does not list.
class EpollBackend final : public KernelBackend {
 public:
  // Accepts on one listener per loop iteration, so a burst of connects does not starve open ones.
  static constexpr int kAcceptsPerTurn = 64;

  // Throws std::system_error (EMFILE; epoll_create1(2)).
  explicit EpollBackend(unsigned connections);

  // A descriptor on which a request was made must be closed by a CLOSE request while the backend
  // lives, because closing removes it from the epoll set silently.
  io_uring_sqe* next_sqe() noexcept override;
  unsigned wait(std::span<Event> events, Instant deadline) noexcept override;
  // Blocks SIGPIPE for this thread: sendfile(2) takes no MSG_NOSIGNAL.
  void share_memory(std::span<const std::byte> memory, int fd) noexcept override;
  bool can_report_zero_copy() const noexcept override { return false; }
  bool register_descriptor(int) noexcept override { return false; }
  void unregister_descriptor(int) noexcept override {}
  void detach(int fd) noexcept override;
  bool offload_tls(int fd) noexcept override;
  const char* name() const noexcept override { return "epoll"; }

 private:
  static constexpr size_t kQueueSize = 256;
  static constexpr size_t kReportsPerCall = 256;

  using Request = EpollRequest;
  using Descriptor = EpollDescriptor;

  void carry_out_queue() noexcept;
  void carry_out(const io_uring_sqe& request) noexcept;
  void start(Request Descriptor::*place, const io_uring_sqe& request) noexcept;
  int attempt_on(int fd, const Request& request) noexcept;
  void start_accept(const io_uring_sqe& request) noexcept;
  void accept_waiting(int listener) noexcept;
  void retry(int fd, Request& waiting) noexcept;
  void close_descriptor(const io_uring_sqe& request) noexcept;
  void cancel(const io_uring_sqe& request) noexcept;
  bool cancel_on(int fd, const io_uring_sqe& request) noexcept;
  int watch(int fd, uint32_t interest) noexcept;
  void unwatch(int fd) noexcept;
  void poll_descriptors(Instant deadline) noexcept;
  int wait_for_reports(std::span<epoll_event> reports, Instant deadline) noexcept;
  void dispatch(const epoll_event& report) noexcept;
  void complete(uint64_t user_data, int result, uint32_t flags = 0) noexcept;
  unsigned take(std::span<Event> events) noexcept;
  bool has_completed() const noexcept { return taken_ < completed_.size(); }

  Fd epoll_;
  bool counts_nanoseconds_ = true;  // the kernel has epoll_pwait2(2)
  DescriptorTable descriptors_;
  SharedRegions shared_;
  std::vector<Event> completed_;  // oldest first
  size_t taken_ = 0;              // of completed_, from its beginning
  std::array<io_uring_sqe, kQueueSize> queue_;
  size_t queued_ = 0;
};

}  // namespace fanlight
