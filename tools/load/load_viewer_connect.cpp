// SPDX-License-Identifier: Apache-2.0
// The beginning of a LoadViewer's connection, with or without TLS, and its bytes.
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <cerrno>

#include "core/check.h"
#include "tools/load/load_viewer.h"

namespace fanlight {
namespace {

// A vanishing viewer sees from 1 to this many frames.
constexpr uint64_t kFramesBeforeVanishingMax = 30;

}  // namespace

void LoadViewer::connect(ViewerContext& context) {
  CHECK(!socket_);
  if (was_called_) {
    context.tally.reconnects.add();
    reader_ = PartReader(check_every_, static_cast<uint32_t>(context.random.below(check_every_)));
  } else {
    context.tally.called.add();
  }
  was_called_ = true;
  follower_.begin_connection();
  if (context.shared.options.segments) {
    updates_ = std::make_unique<UpdateChecker>(index_ % check_every_ == 0);
  }
  has_stream_ = false;
  frames_left_ = static_cast<uint32_t>(1 + context.random.below(kFramesBeforeVanishingMax));
  if (!open_socket(context)) {
    connect_failed(context, errno);
    return;
  }
  called_ = context.read_clock();
  const Target& target = context.shared.target;
  if (::connect(socket_.get(), target.address(), target.address_size()) == 0) {
    on_connected(context);
  } else if (errno == EINPROGRESS) {
    state_ = State::connecting;
    watch(context, EPOLLOUT);
  } else {
    connect_failed(context, errno);
  }
}

// False with errno when the kernel has no socket or no address left.
bool LoadViewer::open_socket(ViewerContext& context) {
  const Target& target = context.shared.target;
  socket_ = Fd(::socket(target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return false;
  const LoadOptions& options = context.shared.options;
  // Before connect(), because it determines the window that is offered there (tcp(7)).
  const size_t buffer =
      kind_ == ViewerKind::slow ? options.slow_receive_buffer : options.receive_buffer;
  if (buffer > 0) {
    const int size = static_cast<int>(buffer);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
  if (const auto source = target.source_of(index_)) {
    // connect() chooses the port, when the kernel knows both ends (ip(7)).
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const auto* address = reinterpret_cast<const sockaddr*>(&*source);
    if (::bind(socket_.get(), address, sizeof *source) != 0) return false;
  }
  return true;
}

void LoadViewer::connect_failed(ViewerContext& context, int error) {
  context.tally.connect_errors.add();
  if (context.tally.first_connect_errno.value() == 0) {
    context.tally.first_connect_errno.set(static_cast<uint64_t>(error));
  }
  was_refused_ = !had_stream_;
  settle(context);
  close_socket(context);
  come_again(context);
}

void LoadViewer::on_connected(ViewerContext& context) {
  const Target& target = context.shared.target;
  if (target.tls() == nullptr) return send_request(context);
  tls_ = std::make_unique<LoadTls>(*target.tls(), socket_.get(), target.host());
  state_ = State::handshaking;
  shake_hands(context);
}

void LoadViewer::shake_hands(ViewerContext& context) {
  switch (tls_->shake_hands()) {
    case LoadTls::Step::wants_input:
      return watch(context, EPOLLIN);
    case LoadTls::Step::wants_output:
      return watch(context, EPOLLOUT);
    case LoadTls::Step::done:
      return send_request(context);
    case LoadTls::Step::failed:
      return connect_failed(context, EPROTO);
  }
}

ssize_t LoadViewer::send_bytes(std::string_view bytes) {
  if (tls_ != nullptr) return tls_->send(bytes);
  return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// With MSG_TRUNC TCP discards the bytes and leaves the buffer alone (tcp(7)); what leaves unread is
// not decrypted.
ssize_t LoadViewer::receive_bytes(std::span<char> room, bool discard) {
  if (tls_ != nullptr && state_ != State::leaving) return tls_->receive(room);
  const int flags = discard ? MSG_DONTWAIT | MSG_TRUNC : MSG_DONTWAIT;
  return ::recv(socket_.get(), room.data(), room.size(), flags);
}

void LoadViewer::send_request(ViewerContext& context) {
  const std::string_view request = context.shared.target.request();
  const ssize_t sent = send_bytes(request);
  if (sent != static_cast<ssize_t>(request.size())) {
    connect_failed(context, sent < 0 ? errno : EMSGSIZE);
    return;
  }
  state_ = State::receiving;
  if (kind_ == ViewerKind::slow) {
    watch(context, 0);
    tokens_ = 0;
  } else {
    watch(context, EPOLLIN);
  }
}

}  // namespace fanlight
