// SPDX-License-Identifier: Apache-2.0
// How a connection sends a piece: in as many requests as needed, by zero copy where it pays.
#include <cerrno>
#include <span>

#include "core/check.h"
#include "http/delivery/send_queue.h"
#include "http/shard/connection.h"

namespace fanlight {
namespace {

// How soon a send that found no room is retried.
constexpr Duration kRetryAfter = 20ms;

}  // namespace

void Connection::send() noexcept {
  if (piece_.sent() == 0) {
    progress_at_ = services_.now();
    progress_known_ = false;
    // Viewers waited in the SendQueue; everything else is small, and is sent immediately.
    if (state_ != State::streaming) services_.queue.charge(piece_.size(), services_.now());
  }
  ensure_timer(services_.now() + progress_period());
  if (!try_zero_copy()) send_plain();
}

// A peer's FIN wakes a send that waits for room again and again, and io_uring then gives it a
// thread of its own to block in: so for such a peer the send does not wait, and is retried.
void Connection::send_plain() noexcept {
  const int flags = MSG_NOSIGNAL | (peer_ended_ ? MSG_DONTWAIT : 0);
  if (const std::string_view bytes = piece_.single(); !bytes.empty()) {
    services_.reactor.submit(send_, io_uring_prep_send, fd_, bytes.data(), bytes.size(), flags);
    return;
  }
  const std::span<iovec> slices = piece_.remaining();
  CHECK(!slices.empty());
  message_.msg_iov = slices.data();
  message_.msg_iovlen = slices.size();
  services_.reactor.submit(send_, io_uring_prep_sendmsg, fd_, &message_,
                           static_cast<unsigned>(flags));
}

// Only frames: everything else is small, and not pinned. A viewer that is behind with its
// acknowledgements gets copies until it has caught up, so that the contents of its socket, perhaps
// a hundred frames, do not hold places in the ring.
bool Connection::try_zero_copy() noexcept {
  const std::string_view bytes = piece_.single();
  if (state_ != State::streaming || !viewer_ || bytes.empty() || peer_ended_) return false;
  const Frame& frame = *viewer_->frame();
  Channel& channel = viewer_->channel();
  const bool behind =
      !zero_copies_owed_.empty() &&
      frame.sequence() - zero_copies_owed_.front().sequence() >= channel.ring().window();
  if (behind) return false;
  zero_copy_send_ = services_.zero_copy.try_send(*this, fd_, viewer_->options().peer_is_local,
                                                 channel, frame, bytes);
  return zero_copy_send_ != nullptr;
}

void Connection::on_zero_copy_result(int result) noexcept {
  zero_copy_send_ = nullptr;
  if (ZeroCopy::is_refusal(result) && state_ != State::closing) return send_plain();
  sent(result);
}

void Connection::on_zero_copy_done() noexcept {
  if (close_submitted_) return finish();
  if (state_ == State::lingering && peer_ended_) end_lingering();
}

void Connection::sent(int result) noexcept {
  if (state_ == State::closing) return close_join();
  // -EINTR: cancelled while a kernel thread was blocked in it.
  if (peer_ended_ && (result == -EAGAIN || result == -ECANCELED || result == -EINTR)) {
    sends_later_ = true;
    return ensure_timer(services_.now() + kRetryAfter);
  }
  if (result < 0) {
    // -ENOBUFS and -ENOMEM are caused by this machine, the other errors by the peer; all end the
    // connection. A peer that has closed both directions only shows it by resetting what is sent to
    // it.
    const bool has_left = peer_ended_ && (result == -ECONNRESET || result == -EPIPE);
    if (!has_left) services_.stats.errors.add();
    return close(Ending::reset);
  }
  const auto bytes = static_cast<uint64_t>(result);
  piece_.advance(bytes);
  bytes_sent_ += bytes;
  services_.stats.bytes_sent.add(bytes);
  if (sending_viewer_ != nullptr) sending_viewer_->channel().stats().bytes_sent.add(bytes);
  progress_at_ = services_.now();
  progress_known_ = false;
  if (!piece_.complete()) return send();
  sent_all();
}

void Connection::retry_send() noexcept {
  check_progress();
  if (state_ == State::closing) return;
  sends_later_ = false;
  send_plain();
}

}  // namespace fanlight
