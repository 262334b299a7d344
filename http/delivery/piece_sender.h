// SPDX-License-Identifier: Apache-2.0
// PieceSender: sends pieces to one socket, each in as many requests to the kernel as it needs, and
// frames by zero copy where that pays.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "core/list.h"
#include "core/time.h"
#include "http/delivery/peer_progress.h"
#include "http/delivery/zero_copy_send.h"
#include "http/protocol/piece.h"
#include "io/operation.h"

namespace fanlight {

struct ShardServices;
class TlsSession;
class Viewer;

// The user of a PieceSender: a connection.
// Thread: its shard's.
class PieceSenderOwner {
 public:
  // The kernel has taken all of the piece.
  virtual void on_piece_sent() noexcept = 0;
  // Nothing is in flight any more, because the send failed (`error`: a positive errno) or after
  // stop() (0). The rest of the piece will not be sent.
  virtual void on_send_ended(int error) noexcept = 0;
  // The kernel no longer reads memory for a zero-copy send. May destroy the sender.
  virtual void on_zero_copy_done() noexcept = 0;
  // Has check() called at `deadline` or before.
  virtual void ensure_timer(Instant deadline) noexcept = 0;
  // Of a sender that uses TLS.
  virtual TlsSession& tls_session() noexcept = 0;

 protected:
  ~PieceSenderOwner() = default;
};

// Owns: the send in flight, and the zero-copy sends whose memory the kernel still reads.
// Thread: its shard's.
// Invariants: one piece at a time; the piece's memory is the caller's until on_piece_sent() or
//   on_send_ended(); destroyed only when is_sending() is false and owes_memory() too.
class PieceSender final : public ZeroCopySender {
 public:
  PieceSender(ShardServices& services, PieceSenderOwner& owner, int fd) noexcept;
  PieceSender(const PieceSender&) = delete;
  PieceSender& operator=(const PieceSender&) = delete;

  // Sends a piece. Only while is_sending() is false. Its bytes count against the wire's budget.
  void send(const Piece& piece) noexcept;
  // Sends the frame that `viewer` has begun; it has waited for its share of the wire in the
  // SendQueue.
  void send_frame(Viewer& viewer, const Piece& piece) noexcept;

  // From now on pieces are sent as records of tls_session(), which the kernel makes if it
  // sends_in_kernel(). Frames are not sent by zero copy any more: with their keys in the kernel,
  // SEND_ZC is not supported.
  void use_tls() noexcept;
  // Sends the records in tls_session().output(), and no pieces any more until use_tls().
  void send_records() noexcept;
  // Sends `record`, and tells the kernel by `control` (cmsg(3)) of which type it is; nothing may be
  // sent after it.
  void send_record(std::string_view record, std::span<std::byte> control) noexcept;

  // Whether a send is in flight whose completion has not arrived, or one waits for retry().
  bool is_sending() const noexcept {
    return send_.in_flight() || zero_copy_send_ != nullptr || waits_for_retry_;
  }
  // The viewer whose frame is being sent; nullptr for other pieces.
  Viewer* viewer() const noexcept { return viewer_; }
  Viewer* take_viewer() noexcept { return std::exchange(viewer_, nullptr); }

  // Requests name the socket by the backend's registered descriptor: for connections that last.
  void register_descriptor() noexcept;
  void unregister_descriptor() noexcept;

  // The peer has sent FIN. From now on a send that finds no room in the socket is retried by timer.
  // To be repeated while is_sending(): the cancel of the send in flight may have no effect.
  void note_peer_ended() noexcept;
  bool peer_has_ended() const noexcept { return peer_ended_; }
  // The timer of such a send has fired: retry() it.
  bool waits_for_retry() const noexcept { return waits_for_retry_; }
  void retry() noexcept;

  // Cancels what is in flight; on_send_ended() follows if is_sending() is still true. Nothing may
  // be sent afterwards. To be repeated likewise.
  void stop() noexcept;

  // Whether the kernel still reads frames for sends that have completed otherwise.
  bool owes_memory() const noexcept { return !zero_copies_owed_.empty(); }
  // The oldest of them; requires owes_memory().
  const ZeroCopySend& oldest_owed() noexcept { return zero_copies_owed_.front(); }
  // The sequence of the oldest of them that is of this channel; 0: none is.
  uint64_t oldest_owed_of(const Channel& channel) noexcept;

  PeerProgress& progress() noexcept { return progress_; }
  uint64_t bytes_sent() const noexcept { return bytes_sent_; }
  // Counts from here on: another process has sent these.
  void continue_from(uint64_t bytes_sent) noexcept { bytes_sent_ = bytes_sent; }

 private:
  enum class Records : uint8_t {
    none,       // of a plain connection; or they are in tls_session().output() already
    sealed,     // pieces are sealed here
    in_kernel,  // pieces are sealed by the kernel
    failed,     // nothing can be sealed any more
  };

  void begin(const Piece& piece) noexcept;
  void send_rest() noexcept;
  void send_plain() noexcept;
  void send_sealed(int flags) noexcept;
  bool try_zero_copy() noexcept;
  void on_completed(Completion completion) noexcept { completed(completion.result); }
  void completed(int result) noexcept;
  void cancel() noexcept;

  List<ZeroCopySend>& zero_copies_owed() noexcept override { return zero_copies_owed_; }
  void on_zero_copy_result(int result) noexcept override;
  void on_zero_copy_done() noexcept override { owner_.on_zero_copy_done(); }

  // What each frame uses is first: see Operation::kTouchedBytes.
  Operation send_;
  ZeroCopySend* zero_copy_send_ = nullptr;  // in flight instead of send_
  Viewer* viewer_ = nullptr;
  ShardServices& services_;
  PieceSenderOwner& owner_;
  const int fd_;
  bool peer_ended_ = false;
  bool waits_for_retry_ = false;
  bool stopped_ = false;
  Records records_ = Records::none;
  uint64_t bytes_sent_ = 0;
  Piece piece_;
  PeerProgress progress_;
  List<ZeroCopySend> zero_copies_owed_;
  msghdr message_{};  // for pieces of several slices
};

}  // namespace fanlight
