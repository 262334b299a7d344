// SPDX-License-Identifier: Apache-2.0
// Connection: one client's socket, from accept to its last completion.
//
// Its life: wait until the socket is readable, borrow an exchange, receive and parse the head,
// answer; then the next request, or a stream of frames, or the end. A stream returns its exchange
// and keeps one receive armed until the peer sends FIN or resets.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "core/camera_panel.h"
#include "core/counter.h"
#include "core/list.h"
#include "core/time.h"
#include "http/answer/answer.h"
#include "http/delivery/channel.h"
#include "http/delivery/frame_sink.h"
#include "http/delivery/frame_waiter.h"
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
  // The connection's last completion has arrived: destroys it.
  virtual void forget(Connection& connection) noexcept = 0;

 protected:
  ~ConnectionOwner() = default;
};

struct AllConnections {};  // tag of the shard's list

// Owns: the socket; while a request is handled an Exchange and maybe a Body; while it streams a
//   Viewer; a pin on the frame of a snapshot while it is sent.
// Thread: its shard's.
// Invariants: at most one receive and one send in flight; its memory is reused only when the close
//   has completed, after every other operation, and no zero-copy send still reports to it; memory
//   that the kernel may read is kept until then.
class Connection final : public FrameSink,
                         public ZeroCopySender,
                         public FrameWaiter,
                         public ListHook<AllConnections> {
 public:
  // `id`: greater than the ids of the owner's older connections.
  Connection(ShardServices& services, ConnectionOwner& owner, const ClientSocket& client,
             uint64_t id) noexcept;
  ~Connection();

  // Starts waiting for the first request.
  void start() noexcept;

  // Answers 503 with this reason immediately, and closes.
  void start_refused(std::string_view reason) noexcept;

  // `viewer`: one of this connection's.
  void send_frame(Viewer& viewer, const Piece& piece) noexcept override;
  // Whether a send is in flight whose completion has not arrived, or a send waits for on_timer().
  bool is_sending() const noexcept override {
    return send_.in_flight() || zero_copy_send_ != nullptr || sends_later_;
  }

  uint64_t newer_than() const noexcept override { return answer_.newer_than; }
  void on_newer_frame() noexcept override { resume_snapshot(Waited::frame_came); }

  // --- for the channel and the shard; in connection_end.cpp ---

  // Ensures that on_timer() is called at `deadline` or earlier. Timers are only moved forward, and
  // checked when they fire: thousands of viewers set deadlines with each frame, and few expire.
  void ensure_timer(Instant deadline) noexcept override;

  // The server is stopping: ends the current work as soon as it can end cleanly.
  void end_soon() noexcept;

  // Closes immediately and frees the kernel's queue.
  void abort() noexcept { close(Ending::reset); }
  void evict(Counter& reason) noexcept;

  // The sequence of the oldest frame it holds in `channel`, 0 if none.
  uint64_t held_sequence(const Channel& channel) noexcept;

  // Calls visitor.visit() if it has viewers.
  void visit_session(SessionVisitor& visitor) const noexcept;
  // The address of a stream's client, which is not the peer's behind a trusted proxy; the peer's
  // while the client is unknown.
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
    reading_body,     // of a request: kept for the answer, or discarded
    awaiting_frame,   // for a snapshot
    awaiting_camera,  // for its thread to carry out the request
    awaiting_body,    // until it is known whether there is an answer or an error
    replying,         // sending an answer
    streaming,        // sending frames
    lingering,        // everything including FIN was sent: until the peer closes
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
  // A newer frame has arrived, or will not arrive in time: answers the waiting snapshot.
  void resume_snapshot(Waited waited) noexcept;
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

  // The members used for each frame are first and together: see Operation::kTouchedBytes.
  ShardServices& services_;
  const int fd_;
  const bool by_admin_listener_;
  State state_ = State::waiting;
  bool timed_out_ = false;    // while receiving a request; the receive is cancelled
  bool ending_ = false;       // the server is stopping
  bool is_new_ = true;        // its first request has not been answered yet
  bool refused_ = false;      // as a whole, before any request
  bool peer_ended_ = false;   // FIN received during a stream, or while lingering
  bool sends_later_ = false;  // to a peer that has ended and takes nothing: at the next on_timer()
  bool cancelled_ = false;    // while closing: operations in flight were cancelled
  bool close_submitted_ = false;
  bool progress_known_ = false;

  Operation send_;
  ZeroCopySend* zero_copy_send_ = nullptr;  // in flight instead of send_
  std::optional<Viewer> viewer_;
  Viewer* sending_viewer_ = nullptr;  // whose frame `piece_` is
  Piece piece_;
  uint64_t bytes_sent_ = 0;
  Instant progress_at_{};  // when the peer last took bytes
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
  uint64_t body_left_ = 0;                     // bytes of request body still to be discarded
  uint64_t discarded_ = 0;                     // bytes received while lingering

  msghdr message_{};
};

}  // namespace fanlight
