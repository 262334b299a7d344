// SPDX-License-Identifier: Apache-2.0
// Reactor: the iterations of a shard's event loop: submit, wait, dispatch, timers.
#pragma once

#include <array>
#include <utility>

#include "core/time.h"
#include "io/backend.h"
#include "io/operation.h"
#include "io/timers.h"

namespace fanlight {

// Owns: its timers; borrows the backend.
// Thread: its shard's.
// Invariants: handlers run to completion and only prepare requests, so a handler is never entered
//   from another; completions are copied out of the queue before the first is dispatched.
class Reactor {
 public:
  Reactor(Backend& backend, size_t timer_capacity)
      : backend_(backend), timers_(timer_capacity), now_(backend.now()) {}
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Prepares a request: submit(send_, io_uring_prep_send, fd, data, size, MSG_NOSIGNAL).
  template <class Prepare, class... Args>
  void submit(Operation& operation, Prepare prepare, Args&&... args) noexcept {
    io_uring_sqe* sqe = backend_.next_sqe();
    prepare(sqe, std::forward<Args>(args)...);
    sqe->user_data = reinterpret_cast<uint64_t>(&operation);
    if (operation.uses_registered()) sqe->flags |= IOSQE_FIXED_FILE;
    operation.start(sqe->fd);
    ++in_flight_;
  }

  // Cancels a waiting request; its completion arrives as usual, with -ECANCELED or with the result
  // it had by then. Does nothing when it is not in flight.
  void cancel(Operation& operation) noexcept;

  // Closes a descriptor that has no owner.
  void discard(int fd) noexcept;

  // Submits what was prepared, waits for events until `deadline` or the first timer, dispatches up
  // to kBatch of them, and runs the timers that are due. If this thread was not scheduled for a
  // while, or the machine was suspended, the timers run one iteration later, behind what had
  // arrived meanwhile: nobody exceeds a time limit because the server did not look.
  void turn(Instant deadline) noexcept;

  // The time at which this iteration's events arrived; before the first, the time of construction.
  Instant now() const noexcept { return now_; }
  WallTime wall_now() noexcept { return backend_.wall_now(); }
  Timers& timers() noexcept { return timers_; }
  Backend& backend() noexcept { return backend_; }
  // Requests whose final completion has not arrived yet.
  size_t in_flight() const noexcept { return in_flight_; }

 private:
  static constexpr size_t kBatch = 512;
  // Completions whose owners are being fetched while another is dispatched.
  static constexpr unsigned kAhead = 4;
  // An iteration that ends this long after its deadline is late.
  static constexpr Duration kLate = 250ms;

  Backend& backend_;
  Timers timers_;
  Instant now_;
  bool was_late_ = false;
  size_t in_flight_ = 0;
  std::array<Event, kBatch> events_;
};

}  // namespace fanlight
