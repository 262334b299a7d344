// SPDX-License-Identifier: Apache-2.0
// UringBackend: io_uring itself. One system call submits many requests and fetches many
// completions; none is needed when completions are already waiting.
#pragma once

#include <liburing.h>

#include <optional>
#include <span>
#include <string>

#include "io/kernel_backend.h"
#include "io/registered_descriptors.h"

namespace fanlight {

// When the kernel does the part of a request's work that needs the submitting thread, best first.
enum class UringMode {
  deferred,     // when the thread fetches completions: SINGLE_ISSUER and DEFER_TASKRUN, Linux 6.1
  cooperative,  // at its next system call of any kind: COOP_TASKRUN, Linux 5.19
  plain,        // immediately, by interrupting it
};

// Owns: one ring, which accepts the requests of Backend and no others (ring_restrictions.h).
// Thread: the one that made it: the kernel refuses any other with -EEXIST (SINGLE_ISSUER).
// Invariant: no completion is lost: those beyond the completion queue wait in the kernel
// (IORING_FEAT_NODROP), and wait() fetches them as room becomes free.
class UringBackend final : public KernelBackend {
 public:
  // Uses the first mode from `best` on that the kernel supports, and a shorter completion queue
  // than `connections` call for when memory is refused. Throws std::system_error: EPERM, ENOSYS,
  // ENOMEM (io_uring_setup(2)).
  explicit UringBackend(unsigned connections, UringMode best = UringMode::deferred);
  UringBackend(const UringBackend&) = delete;
  UringBackend& operator=(const UringBackend&) = delete;
  ~UringBackend() override;

  io_uring_sqe* next_sqe() noexcept override;
  unsigned wait(std::span<Event> events, Instant deadline) noexcept override;
  // Ignored: io_uring's splice goes to worker threads.
  void share_memory(std::span<const std::byte>, int) noexcept override {}
  bool register_descriptor(int fd) noexcept override { return registered_->add(fd); }
  void unregister_descriptor(int fd) noexcept override { registered_->remove(fd); }
  void detach(int) noexcept override {}
  // Tries it on a socket and a ring made for the test. Linux 6.2.
  bool can_report_zero_copy() const noexcept override;
  const char* name() const noexcept override { return "io_uring"; }

  UringMode mode() const noexcept { return mode_; }
  // Descriptors below this can be registered.
  unsigned registered_capacity() const noexcept { return registered_->capacity(); }
  // Completions that fit in the completion queue.
  unsigned completion_capacity() const noexcept { return ring_.cq.ring_entries; }

 private:
  friend struct UringProbe;

  void make_ring(unsigned completion_entries);
  void enter(Instant deadline) noexcept;
  void run_task_work() noexcept;
  unsigned take(std::span<Event> events) noexcept;

  io_uring ring_{};
  UringMode mode_;
  std::optional<RegisteredDescriptors> registered_;  // once the ring has been made
};

// How far this kernel, or the container around it, supports io_uring.
struct UringSupport {
  int error;         // 0: everything needed is available; else an errno
  std::string text;  // what is available: "io_uring (SINGLE_ISSUER)"; or what is missing
};

// Finds out by trying: makes a ring, looks for the opcodes, and carries out a multishot accept on a
// socket of its own. Versions are not compared, since distributions backport and containers forbid.
UringSupport probe_uring();

}  // namespace fanlight
