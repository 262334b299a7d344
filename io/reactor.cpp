// SPDX-License-Identifier: Apache-2.0
#include "io/reactor.h"

#include <algorithm>

#include "core/prefetch.h"

namespace fanlight {
namespace {

// user_data of requests whose completion carries no information: a cancel (the cancelled request's
// own completion reports the outcome), and the close of a descriptor without an owner.
constexpr uint64_t kIgnored = 0;

void prefetch_owner(const Event& event) {
  prefetch(reinterpret_cast<const void*>(event.user_data), Operation::kTouchedBytes);
}

}  // namespace

void Reactor::cancel(Operation& operation) noexcept {
  if (!operation.in_flight()) return;
  io_uring_sqe* sqe = backend_.next_sqe();
  // liburing 2.3 has this helper under two names; the fields are the ABI (io_uring_enter(2)).
  io_uring_prep_rw(IORING_OP_ASYNC_CANCEL, sqe, operation.fd_, &operation, 0, 0);
  sqe->user_data = kIgnored;
  ++in_flight_;
}

void Reactor::discard(int fd) noexcept {
  io_uring_sqe* sqe = backend_.next_sqe();
  io_uring_prep_close(sqe, fd);
  sqe->user_data = kIgnored;
  ++in_flight_;
}

void Reactor::turn(Instant deadline) noexcept {
  const Instant due = was_late_ ? Instant::min() : std::min(deadline, timers_.next());
  const Instant expected = std::max(now_, due);
  const unsigned count = backend_.wait(events_, due);
  now_ = backend_.now();
  was_late_ = !was_late_ && now_ - kLate > expected;
  for (unsigned i = 0; i < std::min(count, kAhead); ++i) prefetch_owner(events_[i]);
  for (unsigned i = 0; i < count; ++i) {
    if (i + kAhead < count) prefetch_owner(events_[i + kAhead]);
    const Event& event = events_[i];
    const Completion completion{event.result, event.flags};
    if (completion.final()) --in_flight_;
    if (event.user_data == kIgnored) continue;
    auto& operation = *reinterpret_cast<Operation*>(event.user_data);
    operation.complete(completion);
  }
  if (!was_late_) timers_.run(now_);
}

}  // namespace fanlight
