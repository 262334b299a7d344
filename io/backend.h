// SPDX-License-Identifier: Apache-2.0
// Backend: the seam between Fanlight and the kernel.
//
// Requests go in as io_uring SQEs, completions come out, and time is read here. Three
// implementations carry out the same SQEs: io_uring, epoll (for kernels and containers that forbid
// io_uring), and the simulated kernel of the tests, which interprets the bytes of the SQEs, so that
// the code above is tested as it ships. No layer above knows which one it has.
//
// Requests used, and so all that a backend must carry out:
//   ACCEPT (multishot), RECV, SEND, SENDMSG, READ of an eventfd, POLL_ADD (one-shot), SHUTDOWN,
//   CLOSE, ASYNC_CANCEL by user_data (fd: where that request waits, if known; helps epoll); and
//   SEND_ZC with IORING_SEND_ZC_REPORT_USAGE, which returns -EINVAL where it is not supported.
// At most one of {ACCEPT, RECV, READ, POLL_ADD} and one of {SEND, SENDMSG, SEND_ZC} is in flight
// per descriptor. Sends may be partial (no MSG_WAITALL). A descriptor is closed only when nothing
// is in flight on it, including a SHUTDOWN (io_uring hands it to a worker thread, so a CLOSE in the
// same batch may overtake it). If a request was ever made on it, it is closed by a CLOSE request
// while the backend lives.
//
// SEND_ZC completes twice. First its result, with IORING_CQE_F_MORE if a second follows: bytes
// taken, or -errno (-ENOMEM: the user may lock no more memory, RLIMIT_MEMLOCK). From then on it is
// not in flight: more may be sent on the descriptor, or it may be closed. Later, in any order
// relative to other completions, the notification, with IORING_CQE_F_NOTIF: the kernel no longer
// uses the memory, which must not change before. Its result has IORING_NOTIF_USAGE_ZC_COPIED if the
// kernel made a copy after all, or had taken nothing. Without a copy it arrives no earlier than the
// peer's acknowledgement of the last byte; for a peer that acknowledges nothing, only through
// reset_on_close() and CLOSE.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/time.h"
#include "io/peer_address.h"

namespace fanlight {

// One completion before dispatch.
struct Event {
  uint64_t user_data;
  int32_t result;  // >= 0, or -errno
  uint32_t flags;  // IORING_CQE_F_*
};

// Owns: its ring, its epoll set, or its simulation.
// Thread: made and used by one thread (IORING_SETUP_SINGLE_ISSUER demands it).
class Backend {
 public:
  virtual ~Backend() = default;

  // A cleared SQE to fill in; never null: when the queue is full it is submitted first.
  virtual io_uring_sqe* next_sqe() noexcept = 0;

  // Submits what was prepared and waits until there is an event or `deadline` has passed (kNever:
  // no limit; an instant in the past: does not wait). Fills `events` from the beginning and returns
  // their number; any that do not fit are kept for the next call.
  virtual unsigned wait(std::span<Event> events, Instant deadline) noexcept = 0;

  virtual Instant now() noexcept = 0;
  virtual WallTime wall_now() noexcept = 0;

  // A number that changes when the peer of a stream socket has taken bytes: for TCP the bytes it
  // has acknowledged (tcpi_bytes_acked, tcp(7)), otherwise what is left in the queue (SIOCOUTQ,
  // unix(7)). Detects stalled peers; costs a system call.
  virtual uint64_t peer_progress(int fd) noexcept = 0;

  // Makes the coming close of `fd` a reset that frees the kernel's queue immediately (SO_LINGER
  // with time 0, socket(7)). Otherwise the memory of a stalled peer stays in the kernel for
  // minutes.
  virtual void reset_on_close(int fd) noexcept = 0;

  // The address of the peer of a connected socket (getpeername(2)); costs a system call.
  virtual PeerAddress peer_address(int fd) noexcept = 0;

  // A descriptor that is closed when descriptors run out, so that one more connection can be
  // accepted and refused with a response. Closed by a CLOSE request. Or -errno (EMFILE, ENFILE).
  virtual int open_spare() noexcept = 0;

  // From now on, sends from this memory, which is the file `fd` from its offset 0, may give sockets
  // pages instead of copies (sendfile(2)). A page that was sent may still be queued in a socket
  // long after its request has completed, so the caller must never rewrite one: it returns the
  // pages and takes new ones (FrameRingConfig::detach_pages). Affects sockets that are accepted
  // afterwards. The memory and the file outlive the backend.
  virtual void share_memory(std::span<const std::byte> memory, int fd) noexcept = 0;

  // Makes many requests on `fd` cheaper where the kernel supports it: it then finds the file
  // without taking a reference for each request. If true, a request on `fd` may carry
  // IOSQE_FIXED_FILE, with the descriptor as the index (Operation::use_registered), until
  // unregister_descriptor(), which precedes the CLOSE and is called when no such request is in
  // flight. Costs a system call each.
  virtual bool register_descriptor(int fd) noexcept = 0;
  virtual void unregister_descriptor(int fd) noexcept = 0;

  // Forgets a descriptor whose socket goes on in another process, which shares it: nothing of this
  // backend may remain attached to it. Precedes the CLOSE; nothing is in flight on it.
  virtual void detach(int fd) noexcept = 0;

  // Whether the kernel may be asked to make the records of a TLS connection on this socket
  // (Documentation/networking/tls.rst). If so, sends on it are copies from now on, also of shared
  // memory.
  virtual bool offload_tls(int fd) noexcept = 0;

  // Whether SEND_ZC is supported. Makes system calls: call it once.
  virtual bool can_report_zero_copy() const noexcept = 0;

  // "io_uring" or "epoll", for the log and for /api/v1/state.
  virtual const char* name() const noexcept = 0;
};

}  // namespace fanlight
