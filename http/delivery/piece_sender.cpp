// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/piece_sender.h"

#include <cerrno>
#include <span>

#include "core/check.h"
#include "http/delivery/send_queue.h"
#include "http/delivery/shard_services.h"
#include "io/tls/tls_session.h"

namespace fanlight {
namespace {

// How soon a send that found no room is retried.
constexpr Duration kRetryAfter = 20ms;

}  // namespace

PieceSender::PieceSender(ShardServices& services, PieceSenderOwner& owner, int fd) noexcept
    : send_(bind<&PieceSender::on_completed>(this)), services_(services), owner_(owner), fd_(fd) {}

void PieceSender::register_descriptor() noexcept {
  send_.use_registered(services_.reactor.backend().register_descriptor(fd_));
}

void PieceSender::unregister_descriptor() noexcept {
  if (send_.uses_registered()) services_.reactor.backend().unregister_descriptor(fd_);
}

void PieceSender::send(const Piece& piece) noexcept {
  begin(piece);
  services_.queue.charge(piece.size(), services_.now());
  send_rest();
}

void PieceSender::send_frame(Viewer& viewer, const Piece& piece) noexcept {
  begin(piece);
  viewer_ = &viewer;
  send_rest();
}

void PieceSender::use_tls() noexcept {
  records_ = owner_.tls_session().sends_in_kernel() ? Records::in_kernel : Records::sealed;
}

void PieceSender::send_records() noexcept {
  records_ = Records::none;
  send(Piece(owner_.tls_session().output()));
}

void PieceSender::send_record(std::string_view record, std::span<std::byte> control) noexcept {
  message_.msg_control = control.data();
  message_.msg_controllen = control.size();
  send(Piece(record));
}

void PieceSender::begin(const Piece& piece) noexcept {
  CHECK(!is_sending() && !stopped_);
  piece_ = piece;
  progress_.note(services_.now());
}

void PieceSender::send_rest() noexcept {
  const Duration limit = services_.state.live.viewer_stall_timeout.load();
  owner_.ensure_timer(services_.now() + PeerProgress::check_period(limit));
  if (!try_zero_copy()) send_plain();
}

// A peer's FIN wakes a send that waits for room again and again, and io_uring then gives it a
// thread of its own to block in: so for such a peer the send does not wait, and is retried.
void PieceSender::send_plain() noexcept {
  const int flags = MSG_NOSIGNAL | (peer_ended_ ? MSG_DONTWAIT : 0);
  if (records_ == Records::sealed) return send_sealed(flags);
  const std::string_view bytes = piece_.single();
  if (!bytes.empty() && message_.msg_control == nullptr) {
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

// One buffer of records at a time: the rest of the piece is sealed when the socket has taken
// them. A failure is reported as that of a send is, later.
void PieceSender::send_sealed(int flags) noexcept {
  TlsSession& tls = owner_.tls_session();
  if (tls.output().empty() && !tls.seal(piece_.remaining())) {
    records_ = Records::failed;
    waits_for_retry_ = true;
    return owner_.ensure_timer(services_.now());
  }
  const std::string_view bytes = tls.output();
  services_.reactor.submit(send_, io_uring_prep_send, fd_, bytes.data(), bytes.size(), flags);
}

// Only frames, as they are in the ring: everything else is small, and not pinned. A viewer that is
// behind with its acknowledgements gets copies until it has caught up, so that the contents of its
// socket, perhaps a hundred frames, do not hold places in the ring.
bool PieceSender::try_zero_copy() noexcept {
  const std::string_view bytes = piece_.single();
  if (viewer_ == nullptr || bytes.empty() || peer_ended_ || records_ != Records::none) return false;
  const Frame& frame = *viewer_->frame();
  Channel& channel = viewer_->channel();
  if (!frame.is_in_ring() || !frame.holds(bytes)) return false;
  const bool behind =
      owes_memory() && frame.sequence() - oldest_owed().sequence() >= channel.ring().window();
  if (behind) return false;
  zero_copy_send_ = services_.zero_copy.try_send(*this, fd_, viewer_->options().peer_is_local,
                                                 channel, frame, bytes);
  return zero_copy_send_ != nullptr;
}

uint64_t PieceSender::oldest_owed_of(const Channel& channel) noexcept {
  uint64_t sequence = 0;
  zero_copies_owed_.for_each([&](const ZeroCopySend& owed) {
    if (sequence == 0 && &owed.channel() == &channel) sequence = owed.sequence();
  });
  return sequence;
}

void PieceSender::on_zero_copy_result(int result) noexcept {
  zero_copy_send_ = nullptr;
  if (ZeroCopy::is_refusal(result) && !stopped_) return send_plain();
  completed(result);
}

void PieceSender::completed(int result) noexcept {
  if (stopped_) return owner_.on_send_ended(0);
  // -EINTR: cancelled while a kernel thread was blocked in it.
  if (peer_ended_ && (result == -EAGAIN || result == -ECANCELED || result == -EINTR)) {
    waits_for_retry_ = true;
    return owner_.ensure_timer(services_.now() + kRetryAfter);
  }
  if (result < 0) return owner_.on_send_ended(-result);
  auto bytes = static_cast<uint64_t>(result);
  if (records_ == Records::sealed) bytes = owner_.tls_session().sent(bytes);
  piece_.advance(bytes);
  bytes_sent_ += bytes;
  services_.stats.bytes_sent.add(bytes);
  if (viewer_ != nullptr) viewer_->channel().stats().bytes_sent.add(bytes);
  progress_.note(services_.now());
  if (!piece_.complete()) return send_rest();
  owner_.on_piece_sent();
}

// The send in flight, if any, starts over as send_plain() does it for such a peer.
void PieceSender::note_peer_ended() noexcept {
  peer_ended_ = true;
  cancel();
}

void PieceSender::retry() noexcept {
  CHECK(waits_for_retry_);
  waits_for_retry_ = false;
  if (records_ == Records::failed) return owner_.on_send_ended(EPROTO);
  send_plain();
}

void PieceSender::stop() noexcept {
  stopped_ = true;
  waits_for_retry_ = false;
  cancel();
}

void PieceSender::cancel() noexcept {
  services_.reactor.cancel(send_);
  if (zero_copy_send_ != nullptr) services_.zero_copy.cancel(*zero_copy_send_);
}

}  // namespace fanlight
