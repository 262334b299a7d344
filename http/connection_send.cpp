// SPDX-License-Identifier: Apache-2.0
// How a connection sends a piece: in as many requests as it takes, by zero copy where it pays.
#include <span>

#include "core/check.h"
#include "http/connection.h"
#include "http/shard.h"
#include "http/zero_copy_send.h"

namespace fanlight {

void Connection::send() noexcept {
  if (piece_.sent() == 0) {
    progress_at_ = shard_.now();
    progress_known_ = false;
    // Viewers waited for their turn (Turns); everything else is small, and goes at once.
    if (state_ != State::streaming) shard_.turns().charge(piece_.size(), shard_.now());
  }
  ensure_timer(shard_.now() + progress_period());
  const size_t count = piece_.remaining(vectors_);
  CHECK(count > 0);
  if (count > 1 || !try_zero_copy()) send_plain(count);
}

void Connection::send_plain(size_t count) noexcept {
  if (count == 1) {
    shard_.reactor().submit(send_, io_uring_prep_send, fd_, vectors_[0].iov_base,
                            vectors_[0].iov_len, MSG_NOSIGNAL);
    return;
  }
  message_.msg_iov = vectors_.data();
  message_.msg_iovlen = count;
  shard_.reactor().submit(send_, io_uring_prep_sendmsg, fd_, &message_, unsigned{MSG_NOSIGNAL});
}

// Only frames: everything else is small, and not pinned. A viewer that is behind with its
// acknowledgements gets copies until it has caught up, so that what waits in its socket, which may
// be a hundred frames, does not hold places of the ring.
bool Connection::try_zero_copy() noexcept {
  if (state_ != State::streaming || !viewer_) return false;
  const Frame& frame = *viewer_->frame();
  Channel& channel = viewer_->channel();
  const bool behind =
      !zero_copies_owed_.empty() &&
      frame.sequence() - zero_copies_owed_.front().sequence() >= channel.ring().window();
  if (behind) return false;
  const std::span bytes(static_cast<const char*>(vectors_[0].iov_base), vectors_[0].iov_len);
  zero_copy_send_ =
      shard_.zero_copy().try_send(*this, fd_, answer_.peer_is_local, channel, frame, bytes);
  return zero_copy_send_ != nullptr;
}

void Connection::on_zero_copy_result(int result) noexcept {
  zero_copy_send_ = nullptr;
  // The same bytes again: the vectors have not changed.
  if (ZeroCopy::is_refusal(result) && state_ != State::closing) return send_plain(1);
  sent(result);
}

void Connection::on_zero_copy_done() noexcept {
  if (close_submitted_) finish();
}

void Connection::sent(int result) noexcept {
  if (state_ == State::closing) return close_join();
  if (result < 0) {
    // -ENOBUFS and -ENOMEM are the machine's trouble, the rest is the peer's; both end it.
    shard_.stats().errors.add();
    return close(Ending::reset);
  }
  const auto bytes = static_cast<uint64_t>(result);
  piece_.advance(bytes);
  bytes_sent_ += bytes;
  shard_.stats().bytes_sent.add(bytes);
  if (sending_viewer_ != nullptr) sending_viewer_->channel().stats().bytes_sent.add(bytes);
  progress_at_ = shard_.now();
  progress_known_ = false;
  if (!piece_.complete()) return send();
  sent_all();
}

}  // namespace fanlight
