// SPDX-License-Identifier: Apache-2.0
// How a connection ends: time limits, lingering after an answer, closing.
#include <algorithm>
#include <utility>

#include "core/check.h"
#include "http/delivery/send_queue.h"
#include "http/delivery/ustreamer_framing.h"
#include "http/shard/connection.h"

namespace fanlight {
namespace {

// After the last byte of an answer, the longest time in which the peer may take no byte.
constexpr Duration kLingerTimeout = 2s;
// A refused client occupies a place that is needed to refuse the next one.
constexpr Duration kRefusedLingerTimeout = 200ms;
// How often an unfinished send is checked; evictions are at most twice this late.
constexpr Duration kProgressPeriod = 500ms;
// How long a viewer that may have left waits for the first frame of its stream.
constexpr Duration kFirstFrameWait = kSnapshotWait;

}  // namespace

void Connection::ensure_timer(Instant deadline) noexcept {
  if (timer_.is_set() && timer_at_ <= deadline) return;
  timer_at_ = deadline;
  services_.reactor.timers().set(timer_, deadline);
}

void Connection::on_timer() noexcept {
  const Instant now = services_.now();
  if (sends_later_) return retry_send();
  if (is_sending() && state_ != State::closing) return check_progress();
  switch (state_) {
    case State::waiting:
    case State::reading:
    case State::reading_body:
    case State::awaiting_frame:
    case State::awaiting_camera:
      if (now < deadline_) return ensure_timer(deadline_);
      if (state_ == State::waiting) return close(Ending::orderly);
      if (state_ == State::awaiting_frame) return resume_snapshot(Waited::in_vain);
      if (state_ == State::awaiting_camera) {
        give_camera_up();
        return camera_answered(504, "the camera did not answer in time");
      }
      return time_out();
    case State::streaming:
      if (answer_.web_socket != nullptr) return answer_.web_socket->settle();
      if (peer_ended_ && viewer_->frames_sent() == 0) {
        if (now >= deadline_) return end_stream();
        ensure_timer(deadline_);
      }
      return services_.queue.settle(*viewer_, now);
    case State::lingering:
      return check_progress();
    case State::awaiting_body:
    case State::replying:  // a Body is pending
      return check_body();
    case State::closing:
      return;
  }
}

// The request is too slow: cancels the receive, so that on_received() answers with 408.
void Connection::time_out() noexcept {
  timed_out_ = true;
  services_.reactor.cancel(receive_);
}

Duration Connection::progress_limit() const noexcept {
  if (state_ == State::lingering) return refused_ ? kRefusedLingerTimeout : kLingerTimeout;
  return services_.state.live.viewer_stall_timeout.load();
}

Duration Connection::progress_period() const noexcept {
  return std::min<Duration>(kProgressPeriod, progress_limit() / 4);
}

// Closes a peer that takes no byte for the stall timeout; any progress keeps it, however slow.
void Connection::check_progress() noexcept {
  const Instant now = services_.now();
  if (now - progress_at_ >= progress_period()) {
    const uint64_t progress = services_.reactor.backend().peer_progress(fd_);
    if (!progress_known_ || progress != progress_) {
      progress_known_ = true;
      progress_ = progress;
      progress_at_ = now;
    } else if (now - progress_at_ >= progress_limit()) {
      if (state_ == State::lingering) return close(Ending::reset);
      services_.events.stalled(now, peer(), progress_limit(), bytes_sent_);
      return evict(services_.stats.evicted_stalled);
    }
  }
  ensure_timer(now + progress_period());
}

PeerAddress Connection::peer() const noexcept {
  if (has_address(answer_.client)) return answer_.client;
  return services_.reactor.backend().peer_address(fd_);
}

void Connection::evict(Counter& reason) noexcept {
  reason.add();
  close(Ending::reset);
}

// ---- the end ----

// Nothing more will be received. TCP does not show whether the peer has left or still reads. A peer
// that reads continues to be served; a peer that has left answers the next bytes with a reset (RFC
// 9293 section 3.10.7.1), so that the send after them fails. This requires sends at short
// intervals: a stream without them is ended in order instead.
void Connection::on_peer_ended() noexcept {
  peer_ended_ = true;
  if (state_ == State::lingering) return end_lingering();
  // The send starts over as send_plain() does it for such a peer.
  if (send_.in_flight()) services_.reactor.cancel(send_);
  if (zero_copy_send_ != nullptr) services_.zero_copy.cancel(*zero_copy_send_);
  // FIN without a preceding Close frame violates the protocol (RFC 6455 section 7.1.5).
  if (answer_.web_socket != nullptr) return end_web_socket(CloseCode::protocol_error);
  if (!viewer_) return;  // the closing delimiter is being sent
  if (!viewer_->is_sent_to_often()) return end_stream();
  deadline_ = services_.now() + kFirstFrameWait;
  ensure_timer(deadline_);
}

// The kernel has everything that was to be sent. FIN follows it, and the socket is kept until the
// peer closes: closing it with unread input would reset the connection and destroy what is still in
// transit (RFC 9112 section 9.6).
void Connection::begin_lingering() noexcept {
  release_memory();
  state_ = State::lingering;
  progress_at_ = services_.now();
  progress_known_ = false;
  ensure_timer(progress_at_ + progress_period());
  services_.reactor.submit(control_, io_uring_prep_shutdown, fd_, SHUT_WR);
  if (peer_ended_) return end_lingering();
  if (!receive_.in_flight()) receive_nothing();
}

// The peer has closed too. Waits for zero-copy sends: after an orderly close, their pages would
// stay pinned if the peer does not acknowledge them.
void Connection::end_lingering() noexcept {
  if (zero_copies_owed_.empty()) close(Ending::orderly);
}

void Connection::on_controlled(Completion) noexcept {
  if (close_submitted_) return finish();
  if (state_ == State::closing) close_join();
}

void Connection::close(Ending ending) noexcept {
  if (state_ == State::closing) return;
  if (state_ == State::awaiting_frame) {
    answer_.channel->frame_waiters().remove(*this);
    answer_.channel->ring().unwatch();
  }
  if (control_request_ != nullptr) give_camera_up();
  state_ = State::closing;
  sends_later_ = false;
  services_.reactor.timers().clear(timer_);
  // Otherwise a viewer might be served before the receive has ended.
  if (!is_sending()) leave_stream();
  if (answer_.web_socket != nullptr) answer_.web_socket->leave(sending_viewer_);
  // After an orderly close, pages that the peer does not acknowledge would stay pinned.
  const bool reset = ending == Ending::reset || !zero_copies_owed_.empty();
  if (reset) services_.reactor.backend().reset_on_close(fd_);
  close_join();
}

// Cancels operations in flight, waits for them and for a pending Body; then closes. No shutdown(2)
// of both directions: its FIN would make an evicted viewer's stream look complete.
void Connection::close_join() noexcept {
  if (receive_.in_flight() || is_sending()) {
    if (std::exchange(cancelled_, true)) return;
    services_.reactor.cancel(receive_);
    services_.reactor.cancel(send_);
    if (zero_copy_send_ != nullptr) services_.zero_copy.cancel(*zero_copy_send_);
    return;
  }
  if (control_.in_flight()) return;
  if (answer_.body != nullptr && answer_.body->is_pending() && !answer_.body->give_up()) return;
  release_memory();
  if (send_.uses_registered()) services_.reactor.backend().unregister_descriptor(fd_);
  close_submitted_ = true;
  services_.reactor.submit(control_, io_uring_prep_close, fd_);
}

// After the close and the last outstanding notification, which arrive in any order.
void Connection::finish() noexcept {
  if (control_.in_flight() || !zero_copies_owed_.empty()) return;
  owner_.forget(*this);  // destroys *this
}

// Only when no send is in flight: the kernel may be reading from the frame or the exchange.
void Connection::release_memory() noexcept {
  CHECK(!is_sending());
  sending_viewer_ = nullptr;
  leave_stream();
  release_web_socket();
  if (answer_.framing != nullptr) {
    services_.ustreamer_framings.destroy(std::exchange(answer_.framing, nullptr));
  }
  services_.state.admission.leave(answer_.place);
  if (answer_.frame != nullptr) answer_.channel->unpin(*std::exchange(answer_.frame, nullptr));
  if (answer_.body != nullptr) std::exchange(answer_.body, nullptr)->release();
  if (exchange_ != nullptr) return_exchange();
}

// A receive into its buffer may still be in flight: then it is kept until the close.
void Connection::release_web_socket() noexcept {
  if (answer_.web_socket == nullptr) return;
  answer_.web_socket->leave();
  if (receive_.in_flight()) return;
  services_.web_sockets.destroy(std::exchange(answer_.web_socket, nullptr));
}

}  // namespace fanlight
