// SPDX-License-Identifier: Apache-2.0
// How a connection ends: time limits, lingering after an answer, closing.
#include <sys/socket.h>

#include <utility>

#include "core/check.h"
#include "http/delivery/replay.h"
#include "http/delivery/send_queue.h"
#include "http/delivery/ustreamer_framing.h"
#include "http/shard/connection.h"

namespace fanlight {
namespace {

// After the last byte of an answer, the longest time in which the peer may take no byte.
constexpr Duration kLingerTimeout = 2s;
// A refused client occupies a place that is needed to refuse the next one.
constexpr Duration kRefusedLingerTimeout = 200ms;
// How long a viewer that may have left waits for the first frame of its stream.
constexpr Duration kFirstFrameWait = kSnapshotWait;

}  // namespace

// ---- giving way ----

void Connection::join(Line line) noexcept {
  leave_line();
  line_ = line;
  services_.connections.line(line).push_back(*this);
  if (line == Line::idle) services_.stats.connections_idle.add();
}

void Connection::leave_line() noexcept {
  if (!ListHook<GivesWay>::is_linked()) return;
  services_.connections.line(line_).remove(*this);
  if (line_ == Line::idle) services_.stats.connections_idle.subtract();
}

bool Connection::has_idled_for(Duration duration) const noexcept {
  return services_.now() - waits_since_ >= duration;
}

// Its memory is needed until the last completion, but its place is not.
void Connection::give_way() noexcept {
  CHECK(state_ <= State::waiting && !is_guest());
  services_.state.admission.leave(place_);
  close(Ending::orderly);
}

void Connection::refuse_now() noexcept {
  CHECK(is_guest());
  leave_line();
  if (state_ == State::reading) return stop_reading();
  if (state_ != State::waiting) return;  // it is being answered
  take_exchange();
  refuse_guest();
}

// ---- time limits ----

Duration Connection::progress_limit() const noexcept {
  if (state_ == State::lingering) return is_guest() ? kRefusedLingerTimeout : kLingerTimeout;
  return services_.state.live.viewer_stall_timeout.load();
}

// Closes a peer that takes no byte for the limit; any progress keeps it, however slow.
void Connection::check_progress() noexcept {
  const Instant now = services_.now();
  const Duration limit = progress_limit();
  const auto read = [this] { return services_.reactor.backend().peer_progress(fd_); };
  if (sender_.progress().has_stalled(now, limit, read)) {
    if (state_ == State::lingering) return close(Ending::reset);
    services_.events.stalled(now, peer(), limit, bytes_sent());
    return evict(services_.stats.evicted_stalled);
  }
  ensure_timer(now + PeerProgress::check_period(limit));
}

PeerAddress Connection::peer() const noexcept {
  if (has_address(seat_.client)) return seat_.client;
  return services_.reactor.backend().peer_address(fd_);
}

void Connection::evict(Counter& reason) noexcept {
  reason.add();
  close(Ending::reset);
}

// Nothing more will be received. TCP does not show whether the peer has left or still reads. A peer
// that reads continues to be served; a peer that has left answers the next bytes with a reset (RFC
// 9293 section 3.10.7.1), so that the send after them fails. This requires sends at short
// intervals: a stream without them is ended in order instead.
void Connection::on_peer_ended() noexcept {
  sender_.note_peer_ended();
  if (state_ == State::lingering) return end_lingering();
  if (is_held()) return;  // whoever receives next finds it again
  // FIN without a preceding Close frame violates the protocol (RFC 6455 section 7.1.5).
  if (auto* socket = std::get_if<WebSocket>(&session_)) {
    return end_web_socket(*socket, CloseCode::protocol_error);
  }
  auto* stream = std::get_if<Stream>(&session_);
  if (stream == nullptr) return;  // the closing delimiter is being sent
  if (!stream->viewer.is_sent_to_often()) return end_stream(*stream);
  deadline_ = services_.now() + kFirstFrameWait;
  ensure_timer(deadline_);
}

// The kernel has everything that was to be sent. FIN follows it, and the socket is kept until the
// peer closes: closing it with unread input would reset the connection and destroy what is still in
// transit (RFC 9112 section 9.6).
void Connection::begin_lingering() noexcept {
  if (is_held()) leave_line();  // that was its last frame
  end_record();
  release_memory();
  if (say_goodbye()) return;
  state_ = State::lingering;
  if (is_guest()) join(Line::leaving);
  sender_.progress().note(services_.now());
  ensure_timer(services_.now() + PeerProgress::check_period(progress_limit()));
  services_.reactor.submit(control_, io_uring_prep_shutdown, fd_, SHUT_WR);
  if (sender_.peer_has_ended()) return end_lingering();
  if (!receive_.in_flight()) receive_nothing();
}

// The peer has closed too. Waits for zero-copy sends: after an orderly close, their pages would
// stay pinned if the peer does not acknowledge them.
void Connection::end_lingering() noexcept {
  if (!sender_.owes_memory()) close(Ending::orderly);
}

void Connection::on_zero_copy_done() noexcept {
  if (state_ == State::closed) return finish();
  if (state_ == State::lingering && sender_.peer_has_ended()) return end_lingering();
  if (is_held() && line_ == Line::finishing && !is_sending()) {
    pass_on_or_settle(std::get<Stream>(session_));
  }
}

void Connection::on_controlled(Completion) noexcept {
  if (state_ == State::closed) return finish();
  if (state_ == State::closing) close_join();
}

// close_join() continues when the operations in flight have completed.
void Connection::close(Ending ending) noexcept {
  if (state_ >= State::closing) return;
  state_ = State::closing;
  end_record();
  leave_line();
  cancel_operations();
  abandon_session();
  // After an orderly close, pages that the peer does not acknowledge would stay pinned.
  const bool reset = ending == Ending::reset || sender_.owes_memory();
  if (reset) services_.reactor.backend().reset_on_close(fd_);
  if (!reset) say_goodbye_in_passing();
  close_join();
}

void Connection::cancel_operations() noexcept {
  services_.reactor.cancel(receive_);
  sender_.stop();
  ensure_timer(services_.now() + kCancelAgain);
}

// Whatever might continue it is taken out of its list.
void Connection::abandon_session() noexcept {
  if (auto* wait = std::get_if<AwaitFrame>(&session_)) stop_waiting(*wait);
  if (auto* wait = std::get_if<CameraWait>(&session_)) wait->panel->abandon(*wait->request);
  if (auto* wait = std::get_if<PasswordWait>(&session_)) {
    services_.state.config.auth->desk().abandon(*wait->check);
  }
  if (auto* socket = std::get_if<WebSocket>(&session_)) socket->leave(sender_.viewer());
  // Otherwise a viewer might be served before the receive has ended.
  if (std::holds_alternative<Stream>(session_) && !is_sending()) release_session();
}

// Waits for operations in flight, and for a pending Body; then closes. No shutdown(2) of both
// directions: its FIN would make an evicted viewer's stream look complete.
void Connection::close_join() noexcept {
  if (receive_.in_flight() || is_sending() || control_.in_flight()) return;
  Body* const pending = body();
  if (pending != nullptr && pending->is_pending() && !pending->give_up()) return;
  release_memory();
  release_tls();
  sender_.unregister_descriptor();
  services_.reactor.timers().clear(timer_);
  state_ = State::closed;
  services_.reactor.submit(control_, io_uring_prep_close, fd_);
}

// After the close and the last outstanding notification, which arrive in any order.
void Connection::finish() noexcept {
  if (control_.in_flight() || sender_.owes_memory()) return;
  services_.state.admission.leave(place_);
  services_.connections.forget(*this);  // destroys *this
}

Body* Connection::body() noexcept {
  if (const auto* reply = std::get_if<Reply>(&session_)) return reply->body;
  if (const auto* wait = std::get_if<AwaitBody>(&session_)) return wait->body;
  return nullptr;
}

// Only when no send is in flight: the kernel may be reading from the frame or the exchange.
void Connection::release_memory() noexcept {
  CHECK(!is_sending());
  sender_.take_viewer();
  release_session();
  services_.state.admission.leave(seat_.place);
  if (exchange_ != nullptr) return_exchange();
}

void Connection::release_session() noexcept {
  if (Body* const owned = body()) owned->release();
  if (auto* reply = std::get_if<Reply>(&session_); reply != nullptr && reply->frame != nullptr) {
    reply->channel->unpin(*reply->frame);
  }
  if (auto* reply = std::get_if<Reply>(&session_)) release(reply->replay);
  if (auto* stream = std::get_if<Stream>(&session_)) {
    services_.queue.withdraw(stream->viewer);
    release(stream->framing);
  }
  if (auto* open = std::get_if<OpenStream>(&session_)) {
    release(open->framing);
    release(open->options.replay);
  }
  if (auto* socket = std::get_if<WebSocket>(&session_)) {
    socket->leave();
    // A receive into its buffer may still be in flight: then it is kept until the close. With TLS
    // the buffer is the session's.
    if (receive_.in_flight() && tls_ == nullptr) return;
  }
  session_.emplace<std::monostate>();
}

void Connection::release(Replay* replay) noexcept {
  if (replay != nullptr) replay->release();
}

void Connection::release(UstreamerFraming* framing) noexcept {
  if (framing != nullptr) services_.ustreamer_framings.destroy(framing);
}

}  // namespace fanlight
