// SPDX-License-Identifier: Apache-2.0
// A connection's TLS: its handshake, what is inside of what it receives, and its end. What it sends
// is sealed by its PieceSender.
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/check.h"
#include "http/shard/connection.h"
#include "http/shard/tls_places.h"
#include "io/tls/first_bytes.h"
#include "io/tls/kernel_tls.h"

namespace fanlight {

TlsSession& Connection::tls_session() noexcept {
  CHECK(tls_ != nullptr);
  return tls_->session;
}

// ---- the handshake ----
//
// Until its first byte arrives, a client is as idle as one that is between two requests: it has no
// buffer, and it is the first to give way. The whole handshake has the time of one request.

void Connection::begin_handshake() noexcept {
  state_ = State::handshaking;
  waits_since_ = services_.now();
  deadline_ = waits_since_ + services_.state.live.header_timeout.load();
  join(Line::idle);
  ensure_timer(deadline_);
  services_.reactor.submit(receive_, io_uring_prep_poll_add, fd_, unsigned{POLLIN});
}

// First from the poll, then with bytes. What to make of them waits for its turn.
void Connection::handshake_received(int result) noexcept {
  if (result < 0) return fail_handshake();
  if (tls_ != nullptr) {
    if (result == 0) return fail_handshake();
    tls_session().received(static_cast<size_t>(result));
  }
  join(Line::handshakes);
}

void Connection::receive_handshake() noexcept {
  const std::span<char> room = tls_session().input_room();
  services_.reactor.submit(receive_, io_uring_prep_recv, fd_, room.data(), room.size(), 0);
}

void Connection::try_handshake() noexcept {
  join(Line::handshakes);
}

bool Connection::step_handshake() noexcept {
  CHECK(state_ == State::handshaking);
  leave_line();
  TlsPlaces& places = *services_.tls;
  if (tls_ == nullptr) {
    tls_ = places.make(peer());
    if (tls_ == nullptr) {
      join(Line::held);
    } else {
      receive_handshake();
    }
    return false;
  }
  TlsSession& tls = tls_session();
  if (!tls.has_begun()) {
    if (classify_first_bytes(tls.input()) == FirstBytes::http) {
      refuse_plain();
      return false;
    }
    const bool in_kernel = places.in_kernel() && services_.reactor.backend().offload_tls(fd_);
    if (!places.begin(*tls_, in_kernel ? fd_ : -1)) {
      fail_handshake();
      return false;
    }
  }
  tls_->step = tls.shake_hands();
  continue_handshake();
  return true;
}

// What a step has to send is sent first.
void Connection::continue_handshake() noexcept {
  TlsSession& tls = tls_session();
  if (!tls.output().empty()) return sender_.send_records();
  switch (tls_->step) {
    case TlsSession::Step::wants_input:
      return receive_handshake();
    case TlsSession::Step::wants_room:
      return join(Line::handshakes);
    case TlsSession::Step::done:
      return finish_handshake();
    case TlsSession::Step::failed:
      return fail_handshake();
  }
}

void Connection::handshake_sent() noexcept {
  TlsSession& tls = tls_session();
  tls.sent(tls.output().size());
  // The peer may read the alert only after what it has sent: a close would destroy it.
  if (tls_->step == TlsSession::Step::failed) {
    services_.stats.tls_failed.add();
    end_handshake();
    return begin_lingering();
  }
  continue_handshake();
}

// Its place is free for others.
void Connection::end_handshake() noexcept {
  services_.tls->end_handshake(*tls_);
  ConnectionLine& held = services_.connections.line(Line::held);
  for (unsigned i = 0; i < TlsPlaces::kTriesPerTurn && !held.empty(); ++i) {
    held.front().try_handshake();
  }
}

void Connection::finish_handshake() noexcept {
  services_.stats.tls_handshakes.add();
  if (tls_session().sends_in_kernel()) services_.stats.tls_kernel.add();
  end_handshake();
  sender_.use_tls();
  if (has_sealed_input()) {
    take_exchange();
    begin_reading();
    return receive_request();
  }
  wait_for_request();
  if (ending_) end_soon();
}

void Connection::fail_handshake() noexcept {
  if (tls_ != nullptr && tls_session().has_begun()) services_.stats.tls_failed.add();
  close(Ending::orderly);
}

void Connection::release_tls() noexcept {
  if (tls_ == nullptr) return;
  if (tls_->is_shaking_hands) end_handshake();
  services_.tls->destroy(std::exchange(tls_, nullptr));
}

// ---- the other protocol ----

// A browser that was given http:// and the port of TLS: it can be answered.
void Connection::refuse_plain() noexcept {
  release_tls();
  take_exchange();
  refuse(400, "this is plain HTTP on a port for TLS: the URL must begin with https://");
}

// Whether `bytes`, the first of a connection without TLS, are those of a TLS handshake. Its client
// understands no answer but TLS, but who looks at the bytes does; and there is a line in the log.
bool Connection::refuse_tls(std::string_view bytes) noexcept {
  if (!is_new_ || tls_ != nullptr || classify_first_bytes(bytes) != FirstBytes::tls) return false;
  services_.events.tls_on_plain(services_.now(), peer());
  refuse(400, "this is TLS on a port for plain HTTP: the URL must begin with http://");
  return true;
}

void Connection::close_without_place() noexcept {
  services_.stats.refused_tls.add();
  services_.events.tls_full(services_.now(), peer());
  close(Ending::orderly);
}

// ---- what is received ----

// Receives into `room`, of which opened() then returns how much was filled.
void Connection::receive(std::span<char> room) noexcept {
  if (tls_ != nullptr && state_ != State::lingering) room = tls_session().input_room();
  services_.reactor.submit(receive_, io_uring_prep_recv, fd_, room.data(), room.size(), 0);
}

// The result of a receive, as it would be without TLS; -EAGAIN: there is nothing yet.
int Connection::opened(int result, std::span<char> room) noexcept {
  if (tls_ == nullptr || result <= 0) return result;
  tls_session().received(static_cast<size_t>(result));
  return tls_session().read(room);
}

bool Connection::has_sealed_input() const noexcept {
  return tls_ != nullptr && tls_->session.has_input();
}

// What a stream's client sends has no meaning, unless it is the end. False if it was.
bool Connection::note_sealed_input(int result) noexcept {
  do {
    result = opened(result, services_.scratch);
  } while (result > 0);
  if (result == -EAGAIN) return true;
  if (result == 0) {
    on_peer_ended();
  } else {
    close(Ending::reset);
  }
  return false;
}

// Reads what is there. False if that was the end.
bool Connection::read_sealed_web_socket(WebSocket& socket) noexcept {
  while (has_sealed_input()) {
    const std::span<char> room = socket.take_input().received;
    const int result = tls_session().read(room);
    if (result == -EAGAIN) break;
    if (result <= 0) {
      if (result == 0) on_peer_ended();
      if (result < 0) close(Ending::reset);
      return false;
    }
    read_web_socket(socket, {room.data(), static_cast<size_t>(result)});
  }
  return true;
}

// ---- the end ----

// Whether the alert that ends what is sent is on its way, so that begin_lingering() is called again
// when the socket has taken it.
bool Connection::say_goodbye() noexcept {
  if (tls_ == nullptr) return false;
  TlsSession& tls = tls_session();
  if (!tls.is_established() || tls.is_closed()) return false;
  tls.close();
  if (!tls.sends_in_kernel() && tls.output().empty()) return false;
  state_ = State::answering;
  session_ = TlsFarewell{};
  if (tls.sends_in_kernel()) {
    sender_.send_record(kCloseNotify, close_notify_control());
  } else {
    sender_.send_records();
  }
  return true;
}

// The same for a connection that is being closed, if the socket has room for it.
void Connection::say_goodbye_in_passing() noexcept {
  if (tls_ == nullptr || is_sending() || control_.in_flight()) return;
  TlsSession& tls = tls_session();
  if (!tls.is_established() || tls.is_closed()) return;
  tls.close();
  constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  if (tls.sends_in_kernel()) {
    services_.reactor.submit(control_, io_uring_prep_sendmsg, fd_,
                             &close_notify_message(), unsigned{kFlags});
  } else if (const std::string_view alert = tls.output(); !alert.empty()) {
    services_.reactor.submit(control_, io_uring_prep_send, fd_, alert.data(), alert.size(), kFlags);
  }
}

}  // namespace fanlight
