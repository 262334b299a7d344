// SPDX-License-Identifier: Apache-2.0
// Connection: one client's socket, from accept to its last completion.
//
// The whole life: wait until the socket is readable, borrow an exchange, receive and parse the
// head, answer; then either the next request, or a stream of frames, or the end. A stream gives
// its exchange back and keeps one receive armed until the peer sends FIN or resets.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>

#include "core/camera_panel.h"
#include "core/counter.h"
#include "core/list.h"
#include "core/time.h"
#include "http/answer/answer.h"
#include "http/delivery/channel.h"
#include "http/delivery/frame_sink.h"
#include "http/delivery/shard_entry.h"
#include "http/delivery/shard_services.h"
#include "http/delivery/viewer.h"
#include "http/delivery/web_socket.h"
#include "http/delivery/zero_copy_send.h"
#include "http/protocol/exchange.h"
#include "http/protocol/piece.h"
#include "http/state/client_socket.h"
#include "io/operation.h"
#include "io/timers.h"

namespace fanlight {

class Connection;

// Thread: the shard's.
class ConnectionOwner {
 public:
  // The connection's last completion has come: destroys it.
  virtual void forget(Connection& connection) noexcept = 0;

 protected:
  ~ConnectionOwner() = default;
};

struct AllConnections {};  // tag of the shard's list

// Owns: the socket; while a request is handled an Exchange and maybe a Body; while it streams a
//   Viewer; a pin on the frame that a snapshot is being sent from.
// Thread: its shard's.
// Invariants: at most one receive and one send in flight; its memory is reused only when the close
//   has completed, after every other operation, and no zero-copy send still reports to it; memory
//   that the kernel may read is kept until then.
class Connection final : public FrameSink,
                         public ZeroCopySender,
                         public ListHook<AllConnections>,
                         public ListHook<SnapshotWaiters> {
 public:
  // `id`: greater than those of the owner's older connections.
  Connection(ShardServices& services, ConnectionOwner& owner, const ClientSocket& client,
             uint64_t id) noexcept;
  ~Connection();

  // Begins to wait for the first request.
  void start() noexcept;

  // Answers 503 with this reason at once, and ends.
  void start_refused(std::string_view reason) noexcept;

  // `viewer`: one of the connection's own.
  void send_frame(Viewer& viewer, const Piece& piece) noexcept override;
  // A send is in flight whose completion has not arrived, or waits for on_timer().
  bool is_sending() const noexcept override {
    return send_.in_flight() || zero_copy_send_ != nullptr || sends_later_;
  }

  // A newer frame has come, or it never will in time: answers the waiting snapshot.
  void resume_snapshot(Waited waited) noexcept;
  uint64_t snapshot_newer_than() const noexcept { return answer_.newer_than; }

  // --- for the channel and the shard; in connection_end.cpp ---

  // Makes sure that on_timer() is called at `deadline` or before. Timers are moved only forward,
  // and checked when they fire: thousands of viewers set deadlines with each frame, few come true.
  void ensure_timer(Instant deadline) noexcept override;

  // The server stops: ends what is going on as soon as it is in order.
  void end_soon() noexcept;

  // Closes at once and frees the kernel's queue.
  void abort() noexcept { close(Ending::reset); }
  void evict(Counter& reason) noexcept;

  // The sequence of the oldest frame that it holds in `channel`, 0 when it holds none.
  uint64_t held_sequence(const Channel& channel) noexcept;

  // Calls visitor.visit() when it has viewers.
  void visit_session(SessionVisitor& visitor) const noexcept;
  // The address that a stream is for, which is not the peer's behind a trusted proxy; the peer's
  // while it is not known.
  PeerAddress peer() const noexcept;
  uint64_t bytes_sent() const noexcept { return bytes_sent_; }

  // --- for ZeroCopySend; in connection_send.cpp ---

  List<ZeroCopySend>& zero_copies_owed() noexcept override { return zero_copies_owed_; }
  void on_zero_copy_result(int result) noexcept override;
  void on_zero_copy_done() noexcept override;

 private:
  enum class State : uint8_t {
    waiting,          // for the first byte of a request, without a buffer
    reading,          // a request head
    reading_body,     // of a request: kept for the answer, or thrown away
    awaiting_frame,   // for a snapshot
    awaiting_camera,  // for its thread, to do what the request says
    awaiting_body,    // until it is known whether it is an answer or an error
    replying,         // sending an answer
    streaming,        // sending frames
    lingering,        // all was sent and FIN too: until the peer closes
    closing,          // until the last completion
  };
  enum class Ending : uint8_t { orderly, reset };

  void on_received(Completion completion) noexcept;
  void on_sent(Completion completion) noexcept { sent(completion.result); }
  void on_controlled(Completion completion) noexcept;
  void on_timer() noexcept;
  void on_body_ready() noexcept;

  void wait_for_request() noexcept;
  void take_exchange() noexcept;
  void return_exchange() noexcept;
  void begin_reading() noexcept;
  void receive() noexcept;
  void receive_nothing() noexcept;
  void received(size_t bytes) noexcept;
  void parse() noexcept;
  void respond(Waited waited) noexcept;
  void refuse(int status, std::string_view reason) noexcept;
  void start_answer(const Answer& answer) noexcept;
  void send() noexcept;
  void send_plain() noexcept;
  bool try_zero_copy() noexcept;
  void sent(int result) noexcept;
  void retry_send() noexcept;
  void sent_all() noexcept;
  void pull_body() noexcept;
  void next_request() noexcept;

  // --- in connection_await_body.cpp ---
  void prepare_body() noexcept;
  void body_prepared() noexcept;
  void await_body() noexcept;
  void check_body() noexcept;
  void cut_body() noexcept;

  void begin_streaming() noexcept;
  void frame_sent() noexcept;
  void leave_stream() noexcept;
  void end_stream() noexcept;
  void end_empty_stream() noexcept;

  // --- in connection_web_socket.cpp ---
  void begin_web_socket() noexcept;
  void web_socket_received(size_t bytes) noexcept;
  void read_web_socket(std::string_view bytes) noexcept;
  void web_socket_sent() noexcept;
  void end_web_socket(CloseCode code) noexcept;

  // --- in connection_body.cpp ---
  void begin_body() noexcept;
  void read_body() noexcept;
  void throw_body_away() noexcept;
  void ask_camera() noexcept;
  void camera_answered(int status, std::string_view words) noexcept;
  void give_camera_up() noexcept;

  void time_out() noexcept;
  void check_progress() noexcept;
  Duration progress_limit() const noexcept;
  Duration progress_period() const noexcept;

  void on_peer_ended() noexcept;
  void begin_lingering() noexcept;
  void end_lingering() noexcept;
  void close(Ending ending) noexcept;
  void close_join() noexcept;
  void finish() noexcept;
  void release_memory() noexcept;
  void release_web_socket() noexcept;

  // What each frame touches comes first and together: see Operation::kTouchedBytes.
  ShardServices& services_;
  const int fd_;
  const bool by_admin_listener_;
  State state_ = State::waiting;
  bool timed_out_ = false;    // while receiving a request; the receive was cancelled
  bool ending_ = false;       // the server stops
  bool is_new_ = true;        // its first request has not been answered
  bool refused_ = false;      // as a whole, before any request
  bool peer_ended_ = false;   // its FIN has come behind a request for a stream, or while lingering
  bool sends_later_ = false;  // for a peer that has ended and takes nothing: at the next on_timer()
  bool cancelled_ = false;    // while closing: what was in flight
  bool close_submitted_ = false;
  bool progress_known_ = false;

  Operation send_;
  ZeroCopySend* zero_copy_send_ = nullptr;  // in flight instead of send_
  std::optional<Viewer> viewer_;
  Viewer* sending_viewer_ = nullptr;  // whose frame `piece_` is
  Piece piece_;
  uint64_t bytes_sent_ = 0;
  Instant progress_at_{};  // when the peer was last seen to take bytes
  Instant timer_at_ = kNever;

  List<ZeroCopySend> zero_copies_owed_;
  Operation receive_;
  Operation control_;  // shutdown, then close
  Timer timer_;
  Instant deadline_{};     // of the state: header, idle, snapshot
  uint64_t progress_ = 0;  // Backend::peer_progress() at progress_at_
  const uint64_t id_;

  ConnectionOwner& owner_;
  Exchange* exchange_ = nullptr;
  AnswerState answer_;
  ControlRequest* control_request_ = nullptr;  // while awaiting the camera
  bool keeps_body_ = false;                    // the body of this request is wanted
  uint64_t body_left_ = 0;                     // bytes of request body still to be thrown away
  uint64_t discarded_ = 0;                     // bytes received while lingering

  std::array<iovec, 3> vectors_;
  msghdr message_{};
};

}  // namespace fanlight
