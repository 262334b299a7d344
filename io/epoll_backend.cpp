// SPDX-License-Identifier: Apache-2.0
#include "io/epoll_backend.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr uint32_t kTrouble = EPOLLERR | EPOLLHUP;  // reported whether asked for or not

// io_uring's way to say how a call went: its result, or -errno.
int answer(ssize_t result) {
  return result < 0 ? -errno : static_cast<int>(result);
}

template <class T>
T* pointer(uint64_t address) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
}

// The events that make a request worth another try.
uint32_t wanted(const io_uring_sqe& request) {
  switch (request.opcode) {
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
      return EPOLLOUT;
    case IORING_OP_POLL_ADD:
      // io_uring reports the end of the stream also to those who did not ask for it.
      return (request.poll32_events & (EPOLLIN | EPOLLPRI | EPOLLOUT)) | EPOLLRDHUP;
    default:
      return EPOLLIN;
  }
}

// The ready events that were asked for; -EAGAIN when there are none.
int poll_now(int fd, uint32_t events) {
  pollfd ready{fd, static_cast<short>(events), 0};
  const int result = answer(::poll(&ready, 1, 0));
  if (result < 0) return result;
  if (ready.revents & POLLNVAL) return -EBADF;
  return result == 0 ? -EAGAIN : ready.revents;
}

// One non-blocking try; -EAGAIN when the descriptor is not ready. Sockets stay in blocking mode:
// MSG_DONTWAIT says for each call what O_NONBLOCK would have to be set for.
int attempt(const io_uring_sqe& request) {
  const int flags = static_cast<int>(request.msg_flags) | MSG_DONTWAIT;
  switch (request.opcode) {
    case IORING_OP_RECV:
      return answer(::recv(request.fd, pointer<void>(request.addr), request.len, flags));
    case IORING_OP_SEND:
      return answer(::send(request.fd, pointer<const void>(request.addr), request.len, flags));
    case IORING_OP_SENDMSG:
      return answer(::sendmsg(request.fd, pointer<const msghdr>(request.addr), flags));
    case IORING_OP_POLL_ADD:
      return poll_now(request.fd, wanted(request));
    case IORING_OP_READ: {
      // Eventfds block. Nobody else reads this one, so what poll() says still holds.
      const int ready = poll_now(request.fd, POLLIN);
      if (ready < 0) return ready;
      return answer(::read(request.fd, pointer<void>(request.addr), request.len));
    }
    default:
      CHECK(false);
  }
}

// -EINVAL for what only io_uring can do, so that nobody relies on it unnoticed.
bool is_supported(const io_uring_sqe& request) {
  if (request.flags != 0) return false;
  switch (request.opcode) {
    case IORING_OP_ACCEPT:
      return request.ioprio == IORING_ACCEPT_MULTISHOT && request.file_index == 0;
    case IORING_OP_RECV:
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
      return request.ioprio == 0 && !(request.msg_flags & MSG_WAITALL);
    case IORING_OP_POLL_ADD:
      return request.len == 0;
    case IORING_OP_ASYNC_CANCEL:
      return request.cancel_flags == 0;
    case IORING_OP_READ:
    case IORING_OP_SHUTDOWN:
    case IORING_OP_CLOSE:
      return true;
    default:
      return false;
  }
}

// Rounded up: epoll_wait(2) counts milliseconds, and waking too early would mean turning in vain.
int to_timeout(Instant deadline, Instant now) {
  if (deadline == kNever) return -1;
  if (deadline <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return static_cast<int>(std::min<int64_t>(left, INT_MAX));
}

}  // namespace

EpollBackend::EpollBackend(unsigned connections) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::system_category(), "epoll_create1");
  completed_.reserve(2 * size_t{connections} + kQueueSize);
  descriptors_.resize(size_t{connections} + kQueueSize);
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
    // The descriptors get their turn also while there is enough to deliver, or sends, which are
    // done at once, would keep accepts and reads from ever being seen. A backlog comes first.
    if (completed_.empty()) {
      poll_descriptors(deadline);
    } else if (completed_.size() < events.size()) {
      poll_descriptors(Instant::min());
    }
    if (!completed_.empty()) return take(events);
    if (deadline != kNever && deadline <= now()) return 0;
  }
}

unsigned EpollBackend::take(std::span<Event> events) noexcept {
  const size_t count = std::min(events.size(), completed_.size());
  std::copy_n(completed_.begin(), count, events.begin());
  completed_.erase(completed_.begin(), completed_.begin() + static_cast<ptrdiff_t>(count));
  return static_cast<unsigned>(count);
}

void EpollBackend::complete(const io_uring_sqe& request, int result, uint32_t flags) noexcept {
  completed_.push_back({request.user_data, result, flags});
}

EpollBackend::Descriptor& EpollBackend::descriptor(int fd) noexcept {
  const auto index = static_cast<size_t>(fd);
  if (index >= descriptors_.size()) descriptors_.resize(std::max(index + 1, 2 * index));
  return descriptors_[index];
}

void EpollBackend::carry_out_queue() noexcept {
  for (size_t i = 0; i < queued_; ++i) carry_out(queue_[i]);
  queued_ = 0;
}

void EpollBackend::carry_out(const io_uring_sqe& request) noexcept {
  if (!is_supported(request)) return complete(request, -EINVAL);
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
      return complete(request, answer(::shutdown(request.fd, static_cast<int>(request.len))));
    case IORING_OP_CLOSE:
      return close_descriptor(request);
    case IORING_OP_ASYNC_CANCEL:
      return cancel(request);
    default:
      CHECK(false);
  }
}

void EpollBackend::start(Request Descriptor::*place, const io_uring_sqe& request) noexcept {
  int result = attempt(request);
  if (result != -EAGAIN) return complete(request, result);
  result = watch(request.fd, wanted(request) | EPOLLET);
  if (result < 0) return complete(request, result);
  Request& waiting = descriptor(request.fd).*place;
  CHECK(!waiting);
  waiting = request;
}

// Edge-triggered watching is enough for streams, which are read until they have nothing left
// before they wait. A listener is left after kAcceptsPerTurn connections, so it is watched
// level-triggered, and only while an accept waits: else epoll would report it without end.
void EpollBackend::start_accept(const io_uring_sqe& request) noexcept {
  const int flags = ::fcntl(request.fd, F_GETFL);
  if (flags < 0 || ::fcntl(request.fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    return complete(request, -errno);
  }
  if (const int result = watch(request.fd, EPOLLIN); result < 0) return complete(request, result);
  Request& waiting = descriptor(request.fd).input;
  CHECK(!waiting);
  waiting = request;
  accept_waiting(request.fd);
}

// Ends the request at the first error but "no more", as io_uring does: -EMFILE, for example, would
// come again and again.
void EpollBackend::accept_waiting(int listener) noexcept {
  const io_uring_sqe request = *descriptor(listener).input;
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int result = answer(::accept4(listener, pointer<sockaddr>(request.addr),
                                        pointer<socklen_t>(request.addr2),
                                        static_cast<int>(request.accept_flags)));
    if (result == -EAGAIN) return;
    if (result < 0) {
      descriptor(listener).input.reset();
      unwatch(listener);
      return complete(request, result);
    }
    // A new descriptor: what epoll watched under this number is gone with what was closed.
    descriptor(result).interest = 0;
    complete(request, result, IORING_CQE_F_MORE);
  }
}

void EpollBackend::retry(Request& waiting) noexcept {
  const int result = attempt(*waiting);
  if (result == -EAGAIN) return;
  const io_uring_sqe request = *waiting;
  waiting.reset();
  complete(request, result);
}

void EpollBackend::close_descriptor(const io_uring_sqe& request) noexcept {
  const auto index = static_cast<size_t>(request.fd);
  if (request.fd >= 0 && index < descriptors_.size()) {
    const Descriptor& closed = descriptors_[index];
    CHECK(!closed.input && !closed.output);
    descriptors_[index].interest = 0;
  }
  complete(request, answer(::close(request.fd)));
}

// A cancel that does not say where its request waits looks at every descriptor.
void EpollBackend::cancel(const io_uring_sqe& request) noexcept {
  if (request.fd >= 0) {
    if (!cancel_on(descriptor(request.fd), request)) complete(request, -ENOENT);
    return;
  }
  for (Descriptor& candidate : descriptors_) {
    if (cancel_on(candidate, request)) return;
  }
  complete(request, -ENOENT);
}

bool EpollBackend::cancel_on(Descriptor& candidate, const io_uring_sqe& request) noexcept {
  for (Request* waiting : {&candidate.input, &candidate.output}) {
    if (!*waiting || (*waiting)->user_data != request.addr) continue;
    const io_uring_sqe cancelled = **waiting;
    waiting->reset();
    if (cancelled.opcode == IORING_OP_ACCEPT) unwatch(cancelled.fd);
    complete(request, 0);
    complete(cancelled, -ECANCELED);
    return true;
  }
  return false;
}

// Adds to what epoll watches; 0 or -errno. A descriptor stays in the set until it is closed, so
// that a request that waits costs no call after the first of its kind.
int EpollBackend::watch(int fd, uint32_t interest) noexcept {
  Descriptor& watched = descriptor(fd);
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
  descriptor(fd).interest = 0;
}

void EpollBackend::poll_descriptors(Instant deadline) noexcept {
  std::array<epoll_event, kReportsPerCall> reports;
  const int timeout = to_timeout(deadline, deadline == kNever ? Instant{} : now());
  const int count =
      ::epoll_wait(epoll_.get(), reports.data(), static_cast<int>(kReportsPerCall), timeout);
  CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) dispatch(reports[static_cast<size_t>(i)]);
}

void EpollBackend::dispatch(const epoll_event& report) noexcept {
  Descriptor& reported = descriptor(report.data.fd);
  if (reported.output && (report.events & (wanted(*reported.output) | kTrouble)) != 0) {
    retry(reported.output);
  }
  if (reported.input && (report.events & (wanted(*reported.input) | kTrouble)) != 0) {
    if (reported.input->opcode == IORING_OP_ACCEPT) {
      // Comes last, since it may grow the table in which `reported` lies.
      accept_waiting(report.data.fd);
    } else {
      retry(reported.input);
    }
  }
}

}  // namespace fanlight
