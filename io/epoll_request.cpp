// SPDX-License-Identifier: Apache-2.0
#include "io/epoll_request.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "core/check.h"

namespace fanlight {
namespace {

// io_uring's form of a call's result: the result, or -errno.
int answer(ssize_t result) {
  return result < 0 ? -errno : static_cast<int>(result);
}

template <class T>
T* pointer(uint64_t address) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
}

// The requested events that are ready; -EAGAIN when there are none.
int poll_now(int fd, uint32_t events) {
  pollfd ready{fd, static_cast<short>(events), 0};
  const int result = answer(::poll(&ready, 1, 0));
  if (result < 0) return result;
  if (ready.revents & POLLNVAL) return -EBADF;
  return result == 0 ? -EAGAIN : ready.revents;
}

SharedRegions::Place find_large(const SharedRegions* shared, uint64_t address, size_t size) {
  if (shared == nullptr || size < kSendfileBytesMin) return {};
  return shared->find(address, size);
}

int send_pages(int socket, SharedRegions::Place place, size_t size) {
  return answer(::sendfile(socket, place.fd, &place.offset, size));
}

int send(int fd, const EpollRequest& request, int flags, const SharedRegions* shared) {
  const SharedRegions::Place place = find_large(shared, request.address, request.length);
  if (place.fd >= 0) return send_pages(fd, place, request.length);
  return answer(::send(fd, pointer<const void>(request.address), request.length, flags));
}

// Only the first vector is ever a frame; the vectors after it are short and sent by a separate
// call.
int send_message(int fd, const EpollRequest& request, int flags, const SharedRegions* shared) {
  const auto* message = pointer<const msghdr>(request.address);
  SharedRegions::Place place;
  if (message->msg_iovlen > 0) {
    const iovec& first = message->msg_iov[0];
    place = find_large(shared, reinterpret_cast<uintptr_t>(first.iov_base), first.iov_len);
  }
  if (place.fd < 0) return answer(::sendmsg(fd, message, flags));
  const size_t size = message->msg_iov[0].iov_len;
  const int sent = send_pages(fd, place, size);
  if (sent < 0 || static_cast<size_t>(sent) < size || message->msg_iovlen == 1) return sent;
  msghdr rest = *message;
  ++rest.msg_iov;
  --rest.msg_iovlen;
  const ssize_t more = ::sendmsg(fd, &rest, flags);
  // The socket's next request gets the error: these bytes were taken.
  return more < 0 ? sent : sent + static_cast<int>(more);
}

}  // namespace

EpollRequest EpollRequest::from(const io_uring_sqe& sqe) noexcept {
  return {sqe.user_data, sqe.addr, sqe.addr2, sqe.len, sqe.msg_flags, sqe.opcode};
}

uint32_t EpollRequest::wanted() const noexcept {
  switch (opcode) {
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
      return EPOLLOUT;
    case IORING_OP_POLL_ADD:
      // io_uring reports the end of the stream even when it was not requested.
      return (flags & (EPOLLIN | EPOLLPRI | EPOLLOUT)) | EPOLLRDHUP;
    default:
      return EPOLLIN;
  }
}

bool is_supported_by_epoll(const io_uring_sqe& sqe) noexcept {
  if (sqe.flags != 0) return false;
  switch (sqe.opcode) {
    case IORING_OP_ACCEPT:
      return sqe.ioprio == IORING_ACCEPT_MULTISHOT && sqe.file_index == 0;
    case IORING_OP_RECV:
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
      return sqe.ioprio == 0 && !(sqe.msg_flags & MSG_WAITALL);
    case IORING_OP_POLL_ADD:
      return sqe.len == 0;
    case IORING_OP_ASYNC_CANCEL:
      return sqe.cancel_flags == 0;
    case IORING_OP_READ:
    case IORING_OP_SHUTDOWN:
    case IORING_OP_CLOSE:
      return true;
    default:
      return false;
  }
}

// Sockets from elsewhere may be in blocking mode: MSG_DONTWAIT does for one call what O_NONBLOCK
// does for all.
int attempt(int fd, const EpollRequest& request, const SharedRegions* shared) noexcept {
  const int flags = static_cast<int>(request.flags) | MSG_DONTWAIT;
  switch (request.opcode) {
    case IORING_OP_RECV:
      return answer(::recv(fd, pointer<void>(request.address), request.length, flags));
    case IORING_OP_SEND:
      return send(fd, request, flags, shared);
    case IORING_OP_SENDMSG:
      return send_message(fd, request, flags, shared);
    case IORING_OP_POLL_ADD:
      return poll_now(fd, request.wanted());
    case IORING_OP_READ: {
      // Eventfds block. This one has no other reader, so the result of poll() still holds.
      const int ready = poll_now(fd, POLLIN);
      if (ready < 0) return ready;
      return answer(::read(fd, pointer<void>(request.address), request.length));
    }
    default:
      CHECK(false);
  }
}

}  // namespace fanlight
