// SPDX-License-Identifier: Apache-2.0
#include "io/epoll_backend.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr uint32_t kTrouble = EPOLLERR | EPOLLHUP;  // reported whether requested or not

// io_uring's form of a call's result: the result, or -errno.
int answer(int result) {
  return result < 0 ? -errno : result;
}

template <class T>
T* pointer(uint64_t address) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
}

timespec to_timespec(Duration duration) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  timespec result{};
  result.tv_sec = seconds.count();
  result.tv_nsec = (duration - seconds).count();
  return result;
}

// Rounded up: epoll_wait(2) counts milliseconds, and waking too early would waste an iteration.
int to_milliseconds(Duration duration) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<int>(std::min<int64_t>(left, INT_MAX));
}

}  // namespace

EpollBackend::EpollBackend(unsigned connections)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), descriptors_(size_t{connections} + kQueueSize) {
  if (!epoll_) throw std::system_error(errno, std::system_category(), "epoll_create1");
  completed_.reserve(2 * size_t{connections} + kQueueSize);
  // Linux 5.11; containers with an older list of permitted calls answer EPERM.
  epoll_event report{};
  const timespec at_once{};
  counts_nanoseconds_ = ::epoll_pwait2(epoll_.get(), &report, 1, &at_once, nullptr) >= 0;
}

void EpollBackend::share_memory(std::span<const std::byte> memory, int fd) noexcept {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  CHECK(::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr) == 0);
  shared_.add(memory, fd);
}

io_uring_sqe* EpollBackend::next_sqe() noexcept {
  if (queued_ == kQueueSize) carry_out_queue();
  io_uring_sqe* request = &queue_[queued_++];
  std::memset(request, 0, sizeof *request);
  return request;
}

unsigned EpollBackend::wait(std::span<Event> events, Instant deadline) noexcept {
  CHECK(!events.empty());
  carry_out_queue();
  for (;;) {
    // Descriptors are polled even while there are completions to deliver. Sends complete
    // immediately, and would otherwise keep accepts and reads from being noticed. A backlog is
    // delivered first.
    if (!has_completed()) {
      poll_descriptors(deadline);
    } else if (completed_.size() - taken_ < events.size()) {
      poll_descriptors(Instant::min());
    }
    if (has_completed()) return take(events);
    if (deadline != kNever && deadline <= now()) return 0;
  }
}

unsigned EpollBackend::take(std::span<Event> events) noexcept {
  const size_t count = std::min(events.size(), completed_.size() - taken_);
  std::copy_n(completed_.begin() + static_cast<ptrdiff_t>(taken_), count, events.begin());
  taken_ += count;
  // Moved to the front only when that costs no more than what was taken since the last time.
  if (taken_ >= completed_.size() - taken_) {
    completed_.erase(completed_.begin(), completed_.begin() + static_cast<ptrdiff_t>(taken_));
    taken_ = 0;
  }
  return static_cast<unsigned>(count);
}

void EpollBackend::complete(uint64_t user_data, int result, uint32_t flags) noexcept {
  completed_.push_back({user_data, result, flags});
}

void EpollBackend::carry_out_queue() noexcept {
  for (size_t i = 0; i < queued_; ++i) carry_out(queue_[i]);
  queued_ = 0;
}

void EpollBackend::carry_out(const io_uring_sqe& request) noexcept {
  if (!is_supported_by_epoll(request)) return complete(request.user_data, -EINVAL);
  switch (request.opcode) {
    case IORING_OP_ACCEPT:
      return start_accept(request);
    case IORING_OP_RECV:
    case IORING_OP_READ:
    case IORING_OP_POLL_ADD:
      return start(&Descriptor::input, request);
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
      return start(&Descriptor::output, request);
    case IORING_OP_SHUTDOWN:
      return complete(request.user_data,
                      answer(::shutdown(request.fd, static_cast<int>(request.len))));
    case IORING_OP_CLOSE:
      return close_descriptor(request);
    case IORING_OP_ASYNC_CANCEL:
      return cancel(request);
    default:
      CHECK(false);
  }
}

void EpollBackend::start(Request Descriptor::*place, const io_uring_sqe& sqe) noexcept {
  const Request request = Request::from(sqe);
  int result = attempt_on(sqe.fd, request);
  if (result != -EAGAIN) return complete(request.user_data, result);
  result = watch(sqe.fd, request.wanted() | EPOLLET);
  if (result < 0) return complete(request.user_data, result);
  Request& waiting = descriptors_.at(sqe.fd).*place;
  CHECK(!waiting);
  waiting = request;
}

int EpollBackend::attempt_on(int fd, const Request& request) noexcept {
  const bool may_share =
      !shared_.empty() && fd >= 0 && descriptors_.reserve(fd) && descriptors_.at(fd).may_share;
  return attempt(fd, request, may_share ? &shared_ : nullptr);
}

bool EpollBackend::offload_tls(int fd) noexcept {
  if (!descriptors_.reserve(fd)) return false;
  descriptors_.at(fd).may_share = false;
  return true;
}

// Edge-triggered watching is enough for streams, which are read until empty before they wait. A
// listener is left after kAcceptsPerTurn connections, so it is watched level-triggered, and only
// while an accept waits: otherwise epoll would report it endlessly.
void EpollBackend::start_accept(const io_uring_sqe& request) noexcept {
  const int flags = ::fcntl(request.fd, F_GETFL);
  if (flags < 0 || ::fcntl(request.fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    return complete(request.user_data, -errno);
  }
  if (const int result = watch(request.fd, EPOLLIN); result < 0) {
    return complete(request.user_data, result);
  }
  Request& waiting = descriptors_.at(request.fd).input;
  CHECK(!waiting);
  waiting = Request::from(request);
  accept_waiting(request.fd);
}

// Ends the request at the first error except "no more", as io_uring does: -EMFILE, for example,
// would recur endlessly.
void EpollBackend::accept_waiting(int listener) noexcept {
  const Request request = descriptors_.at(listener).input;
  int flags = static_cast<int>(request.flags);
  if (!shared_.empty()) flags |= SOCK_NONBLOCK;
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    int result = answer(::accept4(listener, pointer<sockaddr>(request.address),
                                  pointer<socklen_t>(request.address2), flags));
    if (result == -EAGAIN) return;
    if (result >= 0 && !descriptors_.reserve(result)) {
      ::close(result);
      result = -ENOMEM;
    }
    if (result < 0) {
      descriptors_.at(listener).input = {};
      unwatch(listener);
      return complete(request.user_data, result);
    }
    // A new descriptor: whatever epoll watched under this number is closed and forgotten.
    descriptors_.at(result).interest = 0;
    descriptors_.at(result).may_share = (flags & SOCK_NONBLOCK) != 0;
    complete(request.user_data, result, IORING_CQE_F_MORE);
  }
}

void EpollBackend::retry(int fd, Request& waiting) noexcept {
  const int result = attempt_on(fd, waiting);
  if (result == -EAGAIN) return;
  const uint64_t user_data = std::exchange(waiting, {}).user_data;
  complete(user_data, result);
}

void EpollBackend::close_descriptor(const io_uring_sqe& request) noexcept {
  const auto known = descriptors_.used();
  if (request.fd >= 0 && static_cast<size_t>(request.fd) < known.size()) {
    Descriptor& closed = known[static_cast<size_t>(request.fd)];
    CHECK(!closed.input && !closed.output);
    closed = {};
  }
  complete(request.user_data, answer(::close(request.fd)));
}

// A cancel that does not name its request's descriptor searches every descriptor.
void EpollBackend::cancel(const io_uring_sqe& request) noexcept {
  const auto known = static_cast<int>(descriptors_.used().size());
  const int first = request.fd >= 0 ? request.fd : 0;
  const int last = request.fd >= 0 ? std::min(request.fd, known - 1) : known - 1;
  for (int fd = first; fd <= last; ++fd) {
    if (cancel_on(fd, request)) return;
  }
  complete(request.user_data, -ENOENT);
}

bool EpollBackend::cancel_on(int fd, const io_uring_sqe& request) noexcept {
  Descriptor& candidate = descriptors_.at(fd);
  for (Request* waiting : {&candidate.input, &candidate.output}) {
    if (!*waiting || waiting->user_data != request.addr) continue;
    const Request cancelled = std::exchange(*waiting, {});
    if (cancelled.opcode == IORING_OP_ACCEPT) unwatch(fd);
    complete(request.user_data, 0);
    complete(cancelled.user_data, -ECANCELED);
    return true;
  }
  return false;
}

// Adds to what epoll watches; 0 or -errno. A descriptor stays in the set until it is closed, so a
// waiting request costs no call after the first of its kind.
int EpollBackend::watch(int fd, uint32_t interest) noexcept {
  if (!descriptors_.reserve(fd)) return -ENOMEM;  // another shard may have accepted it
  Descriptor& watched = descriptors_.at(fd);
  if ((watched.interest & interest) == interest) return 0;
  epoll_event change{};
  change.events = watched.interest | interest;
  change.data.fd = fd;
  const int operation = watched.interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_.get(), operation, fd, &change) != 0) return -errno;
  watched.interest = change.events;
  return 0;
}

void EpollBackend::unwatch(int fd) noexcept {
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) == 0);
  descriptors_.at(fd).interest = 0;
}

// Epoll watches open file descriptions, and reports them for as long as any process has one open
// (epoll(7)).
void EpollBackend::detach(int fd) noexcept {
  if (!descriptors_.reserve(fd) || descriptors_.at(fd).interest == 0) return;
  CHECK(!descriptors_.at(fd).input && !descriptors_.at(fd).output);
  unwatch(fd);
}

void EpollBackend::poll_descriptors(Instant deadline) noexcept {
  std::array<epoll_event, kReportsPerCall> reports;
  const int count = wait_for_reports(reports, deadline);
  CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) dispatch(reports[static_cast<size_t>(i)]);
}

int EpollBackend::wait_for_reports(std::span<epoll_event> reports, Instant deadline) noexcept {
  const int room = static_cast<int>(reports.size());
  const bool never = deadline == kNever;
  // These two need no clock.
  const bool known = never || deadline == Instant::min();
  const Duration left = known ? Duration(0) : std::max<Duration>(deadline - now(), Duration(0));
  if (!counts_nanoseconds_) {
    return ::epoll_wait(epoll_.get(), reports.data(), room, never ? -1 : to_milliseconds(left));
  }
  // Sends are paced in steps of less than a millisecond.
  const timespec timeout = to_timespec(left);
  return ::epoll_pwait2(epoll_.get(), reports.data(), room, never ? nullptr : &timeout, nullptr);
}

void EpollBackend::dispatch(const epoll_event& report) noexcept {
  const int fd = report.data.fd;
  Descriptor& reported = descriptors_.at(fd);
  if (reported.output && (report.events & (reported.output.wanted() | kTrouble)) != 0) {
    retry(fd, reported.output);
  }
  if (reported.input && (report.events & (reported.input.wanted() | kTrouble)) != 0) {
    if (reported.input.opcode == IORING_OP_ACCEPT) {
      // Last, because it may move the table that contains `reported`.
      accept_waiting(fd);
    } else {
      retry(fd, reported.input);
    }
  }
}

}  // namespace fanlight
