// SPDX-License-Identifier: Apache-2.0
// The requests of the simulated kernel: what each does, and what it permits.
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/check.h"
#include "io/zero_copy_abi.h"
#include "tests/sim/faults/sim_call.h"
#include "tests/sim/sim_backend.h"
#include "tests/sim/sim_hash.h"

namespace fanlight {
namespace {

// A kernel limits the pieces of a message (IOV_MAX); production code needs three.
constexpr size_t kPiecesMax = 8;

std::vector<std::string_view> pieces_of(const io_uring_sqe& sqe) {
  std::vector<std::string_view> pieces;
  if (sqe.opcode != IORING_OP_SENDMSG) {
    CHECK(sqe.addr != 0 && sqe.len > 0);
    pieces.emplace_back(reinterpret_cast<const char*>(sqe.addr), sqe.len);
    return pieces;
  }
  // The header and the vectors are copied now: they need to live until the submission only
  // (IORING_FEAT_SUBMIT_STABLE).
  const auto* message = reinterpret_cast<const msghdr*>(sqe.addr);
  CHECK(message != nullptr && message->msg_iov != nullptr);
  CHECK(message->msg_iovlen > 0 && message->msg_iovlen <= kPiecesMax);
  CHECK(message->msg_name == nullptr && message->msg_control == nullptr);
  for (size_t i = 0; i < message->msg_iovlen; ++i) {
    const iovec& vector = message->msg_iov[i];
    CHECK(vector.iov_base != nullptr && vector.iov_len > 0);
    pieces.emplace_back(static_cast<const char*>(vector.iov_base), vector.iov_len);
  }
  return pieces;
}

SimCall call_of(uint8_t opcode) {
  switch (opcode) {
    case IORING_OP_ACCEPT:
      return SimCall::accept;
    case IORING_OP_RECV:
      return SimCall::receive;
    case IORING_OP_SEND:
      return SimCall::send;
    case IORING_OP_SENDMSG:
      return SimCall::send_message;
    case IORING_OP_SEND_ZC:
      return SimCall::send_zero_copy;
    case IORING_OP_READ:
      return SimCall::read_event;
    case IORING_OP_POLL_ADD:
      return SimCall::poll;
    case IORING_OP_SHUTDOWN:
      return SimCall::shut_down;
    case IORING_OP_CLOSE:
      return SimCall::close;
    case IORING_OP_ASYNC_CANCEL:
      return SimCall::cancel;
    default:
      CHECK(false && "unreachable: read_sqe() knows all opcodes");
  }
}

}  // namespace

// Everything that io/backend.h does not list, and everything that is legal but never intended, is a
// bug of the code that prepared it.
SimBackend::Request SimBackend::read_sqe(const io_uring_sqe& sqe) {
  const auto found = descriptors_.find(sqe.fd);
  const bool is_registered = found != descriptors_.end() && found->second.registered;
  CHECK(sqe.flags == 0 || (sqe.flags == IOSQE_FIXED_FILE && is_registered));
  CHECK(sqe.buf_index == 0 && sqe.personality == 0 && sqe.splice_fd_in == 0);
  const bool has_modes = sqe.opcode == IORING_OP_ACCEPT || sqe.opcode == IORING_OP_SEND_ZC;
  CHECK(has_modes || sqe.ioprio == 0);
  Request request;
  request.user_data = sqe.user_data;
  request.opcode = sqe.opcode;
  request.fd = sqe.fd;
  switch (sqe.opcode) {
    case IORING_OP_ACCEPT:
      CHECK(sqe.ioprio == IORING_ACCEPT_MULTISHOT && sqe.addr == 0 && sqe.addr2 == 0);
      CHECK((sqe.accept_flags & ~uint32_t{SOCK_CLOEXEC | SOCK_NONBLOCK}) == 0);
      break;
    case IORING_OP_RECV:
      CHECK(sqe.addr != 0 && sqe.len > 0 && sqe.msg_flags == 0);
      break;
    case IORING_OP_READ:
      CHECK(sqe.addr != 0 && sqe.len == sizeof(uint64_t) && sqe.rw_flags == 0);
      CHECK(sqe.fd < kFirstDescriptor);
      break;
    case IORING_OP_SEND_ZC:
      CHECK(sqe.ioprio == IORING_SEND_ZC_REPORT_USAGE && sqe.addr2 == 0);
      [[fallthrough]];
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
      CHECK((sqe.msg_flags & ~uint32_t{MSG_MORE | MSG_DONTWAIT}) == MSG_NOSIGNAL);
      request.may_wait = (sqe.msg_flags & MSG_DONTWAIT) == 0;
      request.pieces = pieces_of(sqe);
      request.pieces_hash = hash_pieces(request.pieces);
      break;
    case IORING_OP_POLL_ADD:
      CHECK(sqe.len == 0 && sqe.poll32_events != 0);
      request.poll_events = static_cast<short>(sqe.poll32_events);
      break;
    case IORING_OP_SHUTDOWN:
      request.how = static_cast<int>(sqe.len);
      break;
    case IORING_OP_CLOSE:
      break;
    case IORING_OP_ASYNC_CANCEL:
      CHECK(sqe.cancel_flags == 0 && sqe.addr != 0);
      request.fd = -1;
      request.target = sqe.addr;
      break;
    default:
      CHECK(false && "an opcode that io/backend.h does not list");
  }
  // Requests whose results are not needed: they have no owner.
  const bool may_be_anonymous =
      sqe.opcode == IORING_OP_ASYNC_CANCEL || sqe.opcode == IORING_OP_CLOSE;
  CHECK(sqe.user_data != 0 || may_be_anonymous);
  if (sqe.opcode == IORING_OP_RECV || sqe.opcode == IORING_OP_READ) {
    request.buffer = reinterpret_cast<char*>(sqe.addr);
    request.size = sqe.len;
  }
  return request;
}

// Whose request it is, or whose request it cancels; nullptr: no connection's.
SimConnection* SimBackend::connection_of(const Request& request) const {
  int fd = request.fd;
  if (request.opcode == IORING_OP_ASYNC_CANCEL) {
    for (const auto& [id, waiting] : waiting_) {
      if (waiting.user_data == request.target) fd = waiting.fd;
    }
  }
  const auto found = descriptors_.find(fd);
  return found == descriptors_.end() ? nullptr : found->second.connection;
}

// What the plan has for this attempt; nothing: it is carried out.
std::optional<SimBackend::Outcome> SimBackend::fail(const Request& request) {
  if (plan_ == nullptr) return {};
  // It is tried again whenever anything happens: only attempts that end its wait are calls.
  if (request.opcode == IORING_OP_READ && request.has_waited) {
    pollfd ready{request.fd, POLLIN, 0};
    if (::poll(&ready, 1, 0) == 0) return {};
  }
  SimConnection* const connection = connection_of(request);
  const SimCall call = call_of(request.opcode);
  const Fault fault = plan_->next(call, connection == nullptr ? 0 : connection->id());
  if (fault.kind == Fault::Kind::none) return {};
  const int error = static_cast<int>(fault.value);
  // close(2): the descriptor is gone whatever it returns.
  if (call == SimCall::close) {
    request.fd < kFirstDescriptor ? perform_real(request) : perform_close(request);
  }
  if (call == SimCall::accept) {
    const auto listener = descriptors_.find(request.fd);
    const uint64_t number = listener->second.connection_or_listener;
    if (error == ECONNABORTED && network_.has_waiting(number)) {
      SimConnection& aborted = network_.accept(number);
      plan_->add_victim(aborted.id());
      aborted.close_server(true);
    }
  } else if (connection != nullptr && transfers(call) && ends_connection(error)) {
    connection->reset_by_network();
    connection->take_error();
  }
  return Outcome{-error};
}

std::optional<SimBackend::Outcome> SimBackend::perform(Request& request) {
  if (std::optional<Outcome> failed = fail(request)) return failed;
  if (request.opcode == IORING_OP_ASYNC_CANCEL) return perform_cancel(request);
  if (request.fd < kFirstDescriptor) return perform_real(request);
  const auto found = descriptors_.find(request.fd);
  if (found == descriptors_.end()) {
    CHECK(bad_descriptors_allowed_);
    return Outcome{-EBADF};
  }
  Descriptor& descriptor = found->second;
  switch (request.opcode) {
    case IORING_OP_ACCEPT:
      return perform_accept(request, descriptor);
    case IORING_OP_POLL_ADD:
      return perform_poll(request, descriptor);
    case IORING_OP_CLOSE:
      return perform_close(request);
    default:
      break;
  }
  CHECK(descriptor.connection != nullptr);  // a listener neither sends nor receives
  SimConnection& connection = *descriptor.connection;
  switch (request.opcode) {
    case IORING_OP_RECV:
      return perform_receive(request, connection);
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
      return perform_send(request, connection);
    case IORING_OP_SEND_ZC:
      return perform_zero_copy(request, connection);
    case IORING_OP_SHUTDOWN:
      return Outcome{connection.shut_down(request.how)};
    default:
      CHECK(false && "unreachable: read_sqe() knows all opcodes");
  }
  return {};
}

std::optional<SimBackend::Outcome> SimBackend::perform_accept(Request&, Descriptor& listener) {
  CHECK(listener.connection == nullptr && listener.connection_or_listener != 0);
  const uint64_t number = listener.connection_or_listener;
  if (!network_.has_waiting(number)) return {};
  if (descriptors_.size() >= descriptor_limit_ || chance(faults_.accept_no_files)) {
    ++counts_.accept_failures;
    return Outcome{-EMFILE};
  }
  SimConnection& connection = network_.accept(number);
  if (chance(faults_.accept_aborted)) {
    ++counts_.accept_failures;
    connection.close_server(true);
    return Outcome{-ECONNABORTED};
  }
  const int fd =
      open_descriptor({.connection_or_listener = connection.id(), .connection = &connection});
  return Outcome{fd, chance(faults_.accept_ends) ? 0u : IORING_CQE_F_MORE};
}

// As tcp_recvmsg(): received bytes precede an error, and an error precedes the end.
std::optional<SimBackend::Outcome> SimBackend::perform_receive(const Request& request,
                                                               SimConnection& connection) {
  if (chance(faults_.reset)) {
    ++counts_.resets;
    connection.reset_by_network();
  }
  if (!connection.received().empty()) {
    size_t bytes = std::min(request.size, connection.received().size());
    if (bytes > 1 && chance(faults_.short_receive)) {
      ++counts_.short_receives;
      bytes = 1 + random_.below(bytes - 1);
    }
    bytes = planned_limit(bytes);
    std::string data(connection.received().view().substr(0, bytes));
    connection.receive(bytes);
    return Outcome{static_cast<int32_t>(bytes), 0, std::move(data)};
  }
  if (connection.has_error()) return Outcome{connection.take_error()};
  if (connection.receive_ended()) return Outcome{0};
  return {};
}

// As tcp_sendmsg(): the error of the socket once, then EPIPE.
std::optional<SimBackend::Outcome> SimBackend::perform_send(const Request& request,
                                                            SimConnection& connection) {
  if (chance(faults_.reset)) {
    ++counts_.resets;
    connection.reset_by_network();
  }
  if (connection.has_error()) return Outcome{connection.take_error()};
  if (connection.send_ended()) return Outcome{-EPIPE};
  if (chance(faults_.send_no_buffers)) {
    ++counts_.no_buffers;
    return Outcome{-ENOBUFS};
  }
  if (request.has_waited ? !connection.is_writable() : connection.send_room() == 0) {
    if (!request.may_wait) return Outcome{-EAGAIN};
    counts_.waiting_sends += !request.has_waited;
    return {};
  }
  size_t total = 0;
  for (const std::string_view piece : request.pieces) total += piece.size();
  size_t bytes = std::min(total, connection.send_room());
  if (bytes > 1 && chance(faults_.short_send)) {
    ++counts_.short_sends;
    bytes = 1 + random_.below(bytes - 1);
  }
  bytes = planned_limit(bytes);
  size_t left = bytes;
  for (const std::string_view piece : request.pieces) {
    const std::string_view part = piece.substr(0, left);
    if (!part.empty()) connection.send(part);
    left -= part.size();
  }
  return Outcome{static_cast<int32_t>(bytes)};
}

// The memory is read now, and checked again at the notification: a change in between would have
// corrupted the bytes sent to the peer.
std::optional<SimBackend::Outcome> SimBackend::perform_zero_copy(Request& request,
                                                                 SimConnection& connection) {
  if (!faults_.zero_copy_reports) return Outcome{-EINVAL};
  if (chance(faults_.zero_copy_no_memory)) return Outcome{-ENOMEM};
  std::optional<Outcome> outcome = perform_send(request, connection);
  if (!outcome || outcome->result < 0) return outcome;
  outcome->flags = IORING_CQE_F_MORE;
  owe_notification(request, connection, chance(faults_.zero_copy_copied));
  return outcome;
}

void SimBackend::owe_notification(Request request, const SimConnection& connection, bool copied) {
  notifications_.push_back({std::move(request), &connection, connection.queued_until(), copied});
  notify_later();
}

// As tcp_poll(); io_uring adds POLLRDHUP to the events that poll(2) always reports.
std::optional<SimBackend::Outcome> SimBackend::perform_poll(const Request& request,
                                                            const Descriptor& descriptor) {
  int ready = 0;
  if (descriptor.connection == nullptr) {
    if (network_.has_waiting(descriptor.connection_or_listener)) ready = POLLIN;
  } else {
    const SimConnection& connection = *descriptor.connection;
    if (!connection.received().empty()) ready |= POLLIN;
    if (connection.receive_ended()) ready |= POLLIN | POLLRDHUP;
    if (connection.is_writable() || connection.send_ended()) ready |= POLLOUT;
    if (connection.receive_ended() && connection.send_ended()) ready |= POLLHUP;
    if (connection.has_error()) ready |= POLLERR;
  }
  ready &= request.poll_events | POLLERR | POLLHUP | POLLRDHUP;
  if (ready == 0) return {};
  return Outcome{ready};
}

// A descriptor of the process: the real kernel is queried, without waiting.
std::optional<SimBackend::Outcome> SimBackend::perform_real(const Request& request) {
  const short wanted = request.opcode == IORING_OP_POLL_ADD ? request.poll_events : short{POLLIN};
  pollfd ready{request.fd, wanted, 0};
  const int count = ::poll(&ready, 1, 0);
  CHECK(count >= 0);
  if (ready.revents & POLLNVAL) {
    CHECK(bad_descriptors_allowed_);
    return Outcome{-EBADF};
  }
  switch (request.opcode) {
    case IORING_OP_CLOSE:
      return Outcome{::close(request.fd) == 0 ? 0 : -errno};
    case IORING_OP_POLL_ADD:
      if (count == 0) return {};
      return Outcome{ready.revents};
    case IORING_OP_READ: {
      if (count == 0) return {};
      std::string value(sizeof(uint64_t), '\0');
      CHECK(::read(request.fd, value.data(), value.size()) == sizeof(uint64_t));
      return Outcome{sizeof(uint64_t), 0, std::move(value)};
    }
    default:
      CHECK(false && "sockets are simulated ones, from SimBackend::kFirstDescriptor on");
  }
  return {};
}

SimBackend::Outcome SimBackend::perform_cancel(const Request& request) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& entry) {
    return entry.second.user_data == request.target;
  });
  if (found == waiting_.end()) return {-ENOENT};
  const uint8_t opcode = found->second.opcode;
  const bool is_of_a_connection = opcode != IORING_OP_ACCEPT && opcode != IORING_OP_READ;
  if (is_of_a_connection && chance(faults_.cancel_lost)) return {-EALREADY};
  const Request cancelled = std::move(found->second);
  waiting_.erase(found);
  if (cancelled.opcode == IORING_OP_SEND_ZC) {
    // It has accepted no bytes, but io_uring created its notification before it began to wait.
    owe_notification(cancelled, *descriptors_.at(cancelled.fd).connection, true);
    complete(cancelled, {-ECANCELED, IORING_CQE_F_MORE});
  } else {
    complete(cancelled, {-ECANCELED});
  }
  return {0};
}

SimBackend::Outcome SimBackend::perform_close(const Request& request) {
  const Descriptor descriptor = descriptors_.at(request.fd);
  CHECK(!descriptor.registered);  // the kernel would keep it open
  descriptors_.erase(request.fd);
  if (descriptor.detached) return {0};
  numbers_.erase(descriptor.connection_or_listener);
  if (descriptor.connection != nullptr) {
    descriptor.connection->close_server(descriptor.reset_on_close);
  } else if (descriptor.connection_or_listener != 0) {
    network_.close_listener(descriptor.connection_or_listener);
  }
  return {0};
}

}  // namespace fanlight
