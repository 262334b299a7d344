// SPDX-License-Identifier: Apache-2.0
#include "io/uring_backend.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/check.h"
#include "core/fd.h"
#include "io/ring_restrictions.h"
#include "io/zero_copy_abi.h"

namespace fanlight {
namespace {

// One iteration's sends (http/turns.h) and its other requests; more are submitted in two calls.
constexpr unsigned kSubmissionEntries = 512;
// Two events of every connection and some for the listener and the waker. The kernel's own bound is
// 65536; ours keeps the queue at 512 KB, and completions beyond it are not lost.
constexpr unsigned kCompletionEntriesMin = 512;
constexpr unsigned kCompletionEntriesMax = 32768;

unsigned setup_flags(UringMode mode) noexcept {
  // Disabled until it is restricted.
  constexpr unsigned kAlways = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_R_DISABLED;
  // TASKRUN_FLAG makes the kernel show work that waits for us; otherwise we could only guess.
  constexpr unsigned kVisible = IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL;
  switch (mode) {
    case UringMode::deferred:
      return kAlways | kVisible | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    case UringMode::cooperative:
      return kAlways | kVisible | IORING_SETUP_COOP_TASKRUN;
    case UringMode::plain:
      return kAlways;
  }
  CHECK(false);
}

const char* describe(UringMode mode) {
  switch (mode) {
    case UringMode::deferred:
      return "io_uring (SINGLE_ISSUER, DEFER_TASKRUN)";
    case UringMode::cooperative:
      return "io_uring (COOP_TASKRUN)";
    case UringMode::plain:
      return "io_uring";
  }
  CHECK(false);
}

// A ring may be mapped where another thread's was. The kernel orders the two, but liburing calls
// mmap(2) and munmap(2) without libc, where ThreadSanitizer cannot see it; so each ring's end is
// ordered before each later ring's use here, too. Every ring is opened and closed by the two
// functions below.
std::atomic<unsigned> rings_closed{0};

// 0 or -errno (io_uring_queue_init_params(3)).
int open_ring(io_uring& ring, unsigned entries, io_uring_params params) noexcept {
  const int result = io_uring_queue_init_params(entries, &ring, &params);
  rings_closed.load(std::memory_order_acquire);
  return result;
}

void close_ring(io_uring& ring) noexcept {
  rings_closed.fetch_add(1, std::memory_order_release);
  io_uring_queue_exit(&ring);
}

// 0 or -errno.
int try_ring(io_uring& ring, UringMode mode, unsigned completion_entries) noexcept {
  io_uring_params params{};
  params.flags = setup_flags(mode);
  params.cq_entries = completion_entries;
  int result = open_ring(ring, kSubmissionEntries, params);
  if (result != 0) return result;
  result = restrict_and_enable(ring);
  if (result != 0) close_ring(ring);
  return result;
}

__kernel_timespec to_timespec(Duration duration) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  __kernel_timespec result{};
  result.tv_sec = seconds.count();
  result.tv_nsec = (duration - seconds).count();
  return result;
}

}  // namespace

UringBackend::UringBackend(unsigned connections, UringMode best) : mode_(best) {
  make_ring(std::clamp(std::min(connections, kCompletionEntriesMax) * 2, kCompletionEntriesMin,
                       kCompletionEntriesMax));
  registered_.emplace(ring_, connections);
}

void UringBackend::make_ring(unsigned entries) {
  for (;;) {
    const int result = try_ring(ring_, mode_, entries);
    if (result == 0) return;
    if (result == -EINVAL && mode_ != UringMode::plain) {
      // The kernel's error for flags that it does not know.
      mode_ = mode_ == UringMode::deferred ? UringMode::cooperative : UringMode::plain;
    } else if (result == -ENOMEM && entries > kCompletionEntriesMin) {
      // Newer kernels count an ordinary user's queues against RLIMIT_MEMLOCK. A short queue costs
      // time under load, but nothing is lost.
      entries = std::max(entries / 2, kCompletionEntriesMin);
    } else {
      throw std::system_error(-result, std::system_category(), "io_uring_setup");
    }
  }
}

UringBackend::~UringBackend() {
  close_ring(ring_);
}

io_uring_sqe* UringBackend::next_sqe() noexcept {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    enter(Instant::min());
    sqe = io_uring_get_sqe(&ring_);
  }
  std::memset(sqe, 0, sizeof *sqe);
  return sqe;
}

unsigned UringBackend::wait(std::span<Event> events, Instant deadline) noexcept {
  CHECK(!events.empty());
  for (;;) {
    enter(deadline);
    run_task_work();
    if (io_uring_cq_ready(&ring_) > 0) return take(events);
    if (deadline != kNever && deadline <= now()) return 0;
  }
}

// Submits everything prepared, and waits for one completion when there is none yet. May return
// early.
void UringBackend::enter(Instant deadline) noexcept {
  int result = 0;
  if (io_uring_cq_ready(&ring_) > 0) {
    result = io_uring_submit(&ring_);
  } else if (deadline == kNever) {
    result = io_uring_submit_and_wait(&ring_, 1);
  } else if (const Instant current = now(); deadline <= current) {
    result = io_uring_submit(&ring_);
  } else {
    io_uring_cqe* ignored = nullptr;
    __kernel_timespec timeout = to_timespec(deadline - current);
    result = io_uring_submit_and_wait_timeout(&ring_, &ignored, 1, &timeout, nullptr);
  }
  switch (-result) {
    case ETIME:
    case EINTR:
      return;
    case EAGAIN:  // No memory for a request at this moment; the requests stay in the queue.
      ::sched_yield();
      return;
    default:
      // Anything else is a bug of ours, or EBADR: the kernel had no memory to keep a completion, so
      // some Operation would wait forever.
      CHECK(result >= 0);
  }
}

// Lets the kernel finish the work that waits for this thread. One call is not enough: newer kernels
// run about 20 items of deferred work in each, so a listener queued after a thousand busy sockets
// would never be served. The loop ends when the queue is full: completions beyond it are fetched by
// the next enter(), for which liburing checks IORING_SQ_CQ_OVERFLOW. It also ends when a call
// yielded nothing, since the flag may stay set with nothing left: another CPU can set it for work
// that this thread has just done.
void UringBackend::run_task_work() noexcept {
  unsigned before = 0;
  do {
    before = io_uring_cq_ready(&ring_);
    if ((IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_TASKRUN) == 0) return;
    const int result = io_uring_get_events(&ring_);
    CHECK(result >= 0 || result == -EINTR);
  } while (io_uring_cq_ready(&ring_) > before && before < ring_.cq.ring_entries);
}

unsigned UringBackend::take(std::span<Event> events) noexcept {
  unsigned count = 0;
  unsigned head = 0;
  io_uring_cqe* cqe = nullptr;
  io_uring_for_each_cqe(&ring_, head, cqe) {
    if (count == events.size()) break;
    events[count++] = {cqe->user_data, cqe->res, cqe->flags};
  }
  io_uring_cq_advance(&ring_, count);
  return count;
}

// On a UNIX socket, because every system has those. It has no zero copy, and a kernel that supports
// the flag reports that; one that does not returns EINVAL before it looks at the socket.
bool UringBackend::can_report_zero_copy() const noexcept {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return false;
  const Fd ours(fds[0]), peer(fds[1]);
  io_uring ring{};
  if (open_ring(ring, 2, {}) != 0) return false;
  const char byte = 0;
  prepare_send_zero_copy(io_uring_get_sqe(&ring), ours.get(), &byte, 1, MSG_NOSIGNAL);
  int result = io_uring_submit_and_wait(&ring, 1);
  io_uring_cqe* cqe = nullptr;
  if (result == 1 && io_uring_peek_cqe(&ring, &cqe) == 0) result = cqe->res;
  close_ring(ring);
  return result > 0 || result == -EOPNOTSUPP;
}

// The steps of probe_uring(). Each throws std::system_error when the environment stops it.
struct UringProbe {
  static void require(bool success, int error) {
    if (!success) throw std::system_error(error, std::system_category(), "probe");
  }
  static void require(bool success) { require(success, errno); }

  // A system call filter (seccomp(2)) may allow making a ring and forbid its use.
  static void enter(UringBackend& backend) {
    const int result = io_uring_get_events(&backend.ring_);
    require(result >= 0, -result);
  }

  // Timeouts without a request of their own, and completions that wait when the queue is full.
  static bool has_features(const UringBackend& backend) {
    constexpr unsigned kNeeded = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP;
    return (backend.ring_.features & kNeeded) == kNeeded;
  }

  // True when the kernel supports every opcode that Backend promises.
  static bool knows_opcodes(UringBackend& backend) {
    constexpr std::array kOpcodes = {IORING_OP_ACCEPT,   IORING_OP_RECV,  IORING_OP_SEND,
                                     IORING_OP_SENDMSG,  IORING_OP_READ,  IORING_OP_POLL_ADD,
                                     IORING_OP_SHUTDOWN, IORING_OP_CLOSE, IORING_OP_ASYNC_CANCEL};
    constexpr size_t kRoom = 256;  // opcodes are bytes
    struct Answer {
      alignas(io_uring_probe)
          std::array<std::byte, sizeof(io_uring_probe) + kRoom * sizeof(io_uring_probe_op)> bytes{};
    } answer;
    auto* probe = reinterpret_cast<io_uring_probe*>(answer.bytes.data());
    const int result = io_uring_register_probe(&backend.ring_, probe, kRoom);
    require(result >= 0, -result);
    return std::all_of(kOpcodes.begin(), kOpcodes.end(), [probe](int opcode) {
      return io_uring_opcode_supported(probe, opcode) != 0;
    });
  }

  // True when one ACCEPT request completes more than once. A UNIX socket with a name that the
  // kernel chooses (unix(7), autobind) also works in containers without a loopback device.
  static bool accepts_multishot(UringBackend& backend) {
    const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    require(bool(listener));
    const Fd peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    require(bool(peer));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    require(::bind(listener.get(), generic, sizeof address.sun_family) == 0);
    require(::listen(listener.get(), 1) == 0);
    require(::getsockname(listener.get(), generic, &size) == 0);
    require(::connect(peer.get(), generic, size) == 0);

    io_uring_prep_multishot_accept(backend.next_sqe(), listener.get(), nullptr, nullptr,
                                   SOCK_CLOEXEC);
    Event event{};
    // The connection is already waiting, so this completes immediately; the timeout is for broken
    // kernels.
    if (backend.wait({&event, 1}, backend.now() + 1s) != 1 || event.result < 0) return false;
    const Fd accepted(event.result);
    return (event.flags & IORING_CQE_F_MORE) != 0;
  }
};

UringSupport probe_uring() {
  try {
    UringBackend backend(1);
    UringProbe::enter(backend);
    if (!UringProbe::has_features(backend) || !UringProbe::knows_opcodes(backend)) {
      return {EOPNOTSUPP, "this kernel's io_uring is too old"};
    }
    if (!UringProbe::accepts_multishot(backend)) {
      return {EOPNOTSUPP, "this kernel's io_uring has no multishot accept"};
    }
    return {0, describe(backend.mode())};
  } catch (const std::system_error& error) {
    const int number = error.code().value();
    switch (number) {
      case EPERM:
      case EACCES:
        return {number, "io_uring is not permitted here"};
      case ENOSYS:
        return {number, "this kernel has no io_uring"};
      default:
        return {number, "io_uring cannot be set up"};
    }
  }
}

}  // namespace fanlight
