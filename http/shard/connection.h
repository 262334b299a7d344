// SPDX-License-Identifier: Apache-2.0
// Connection: one client's socket, from accept to its last completion.
//
// Its life: wait until the socket is readable, borrow an exchange, read a request, answer; then the
// next request, or a stream of frames, or the end. What the answer requires is the session: sending
// a reply, waiting for a frame or a camera, streaming. A stream returns its exchange and keeps one
// receive armed until the peer sends FIN or resets.
//
//   connection.cpp             requests, and what becomes of events
//   connection_reply.cpp       replies, their bodies, waiting for a frame or a camera
//   connection_stream.cpp      streams of frames
//   connection_web_socket.cpp  WebSockets
//   connection_takeover.cpp    streams that change the process
//   connection_tls.cpp         handshakes, and the bytes inside of TLS
//   connection_end.cpp         time limits, giving way, lingering, closing
//
// A connection for which there is no place is a guest: it is told so with 503, but /healthz is
// answered, since whoever asks that wants to know about the server and not about the places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "core/camera_panel.h"
#include "core/counter.h"
#include "core/list.h"
#include "core/time.h"
#include "http/answer/answer.h"
#include "http/delivery/frame_sink.h"
#include "http/delivery/frame_waiter.h"
#include "http/delivery/piece_sender.h"
#include "http/delivery/shard_entry.h"
#include "http/delivery/shard_services.h"
#include "http/delivery/viewer.h"
#include "http/delivery/web_socket.h"
#include "http/protocol/exchange.h"
#include "http/shard/access_record.h"
#include "http/state/client_socket.h"
#include "io/operation.h"
#include "io/timers.h"

namespace fanlight {

class Connection;
struct PassedStream;
struct StreamState;
struct TlsLink;

// Connections that end early when others need their places, in the order in which they do; and
// those that are on their way to another process.
struct GivesWay {};  // tag of these lists
using ConnectionLine = List<Connection, GivesWay>;
enum class Line : uint8_t {
  idle,        // wait for a request, or for the first byte of a TLS handshake
  guests,      // have not been answered yet
  leaving,     // guests that have been answered, and linger
  handshakes,  // wait for a step of their handshake
  held,        // wait for a place among the handshakes
  // Streams for another process, which begin no more frames:
  finishing,  // the kernel has not taken all of the last one yet
  detaching,  // the receive is being cancelled
  parked,     // nothing is in flight
  passed,     // and the other process has been sent the socket
};
inline constexpr size_t kLines = 9;

// Thread: the shard's.
class ConnectionOwner {
 public:
  virtual ConnectionLine& line(Line line) noexcept = 0;
  // The connection's last completion has arrived: destroys it.
  virtual void forget(Connection& connection) noexcept = 0;

 protected:
  ~ConnectionOwner() = default;
};

struct AllConnections {};  // tag of the shard's list

// Owns: the socket; while a request is handled an Exchange; what its session owns.
// Thread: its shard's.
// Invariants: at most one receive and one send in flight; its memory is reused only when the close
//   has completed, after every other operation, and no zero-copy send still reports to it; memory
//   that the kernel may read is kept until then.
class Connection final : public FrameSink,
                         public FrameWaiter,
                         public PieceSenderOwner,
                         public ListHook<AllConnections>,
                         public ListHook<GivesWay> {
 public:
  // `id`: greater than the ids of the owner's older connections.
  Connection(ShardServices& services, const ClientSocket& client, uint64_t id) noexcept;
  ~Connection();

  // Starts waiting for the first request. `place` is left when the connection has ended.
  void start(const ConnectionPlace& place) noexcept;

  // Starts waiting, for a moment, for the first request of a guest.
  void start_as_guest(Refusal reason) noexcept;

  // Answers 503 with this reason immediately, and closes. With TLS it only closes, as
  // start_as_guest() does: an answer would need a handshake.
  void start_refused(Refusal reason) noexcept;

  // --- For the first of a line ---

  // An idle connection: whether it has waited for this long; closes it, and leaves its place.
  bool has_idled_for(Duration duration) const noexcept;
  void give_way() noexcept;
  // A guest: answers 503 now.
  void refuse_now() noexcept;
  // One that is leaving: does not wait until its peer closes.
  void stop_lingering() noexcept { close(Ending::orderly); }

  // --- For a stream that another process is to go on with, on either side ---

  // Holds it between two frames, if it is one that can be passed on (ShardServices::passing).
  void hold() noexcept;
  // One in Line::parked: describes it, and puts it into Line::passed.
  void describe(PassedStream& passed) noexcept;
  // One in Line::passed: closes only the descriptor; the connection is the other process's.
  void give_away() noexcept;
  // One that is held: it continues here.
  void resume() noexcept;
  // The other process has taken over: ends soon what it does not get.
  void end_unless_held() noexcept;

  // Starts with the stream of another process, which it was between two frames.
  void start_stream(const ConnectionPlace& place, const Seat& seat,
                    const StreamState& state) noexcept;

  // --- For one in the lines of handshakes ---

  // Makes a step of the handshake. False if that cost next to nothing.
  bool step_handshake() noexcept;
  // There may be a place for it.
  void try_handshake() noexcept;

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
  uint64_t bytes_sent() const noexcept { return sender_.bytes_sent(); }

  // --- FrameSink ---
  bool is_sending() const noexcept override { return sender_.is_sending(); }
  // `viewer`: one of this connection's.
  void send_frame(Viewer& viewer, const Piece& piece) noexcept override;
  // Ensures that on_timer() is called at `deadline` or earlier. Timers are only moved forward, and
  // checked when they fire: thousands of viewers set deadlines with each frame, and few expire.
  void ensure_timer(Instant deadline) noexcept override;

  // --- FrameWaiter ---
  uint64_t newer_than() const noexcept override;
  void on_newer_frame() noexcept override { resume_snapshot(Waited::frame_came); }

  // --- PieceSenderOwner ---
  void on_piece_sent() noexcept override;
  void on_send_ended(int error) noexcept override;
  void on_zero_copy_done() noexcept override;
  TlsSession& tls_session() noexcept override;

 private:
  enum class State : uint8_t {
    handshaking,  // TLS, from the first byte on
    waiting,      // for the first byte of a request, without an exchange
    reading,      // a request
    answering,    // according to session_
    lingering,    // everything including FIN was sent: until the peer closes
    closing,      // until the last completion
    closed,       // the descriptor; until the kernel uses no more memory
  };
  enum class Ending : uint8_t { orderly, reset };

  // A cancel that arrives while the kernel hands the request from one of its queues to another has
  // no effect: it is repeated until the request has completed.
  static constexpr Duration kCancelAgain = 20ms;

  // The camera's thread is carrying out the request.
  struct CameraWait {
    CameraPanel* panel;
    ControlRequest* request;
  };
  // A password is being verified.
  struct PasswordWait {
    PasswordCheck* check;
  };
  // Frames are being sent to `viewer`.
  struct Stream {
    Stream(FrameSink& sink, const OpenStream& open, Instant now) noexcept
        : viewer(sink, *open.channel, open.options, now), framing(open.framing) {}
    Stream(FrameSink& sink, Channel& channel, const ViewerOptions& options,
           const ViewerProgress& progress, UstreamerFraming* ustreamer) noexcept
        : viewer(sink, channel, options, progress), framing(ustreamer) {}
    Viewer viewer;
    UstreamerFraming* framing;
  };
  // The alert that ends a TLS connection is being sent.
  struct TlsFarewell {};
  using Session =
      std::variant<std::monostate, Reply, AwaitFrame, CameraWait, AwaitBody, PasswordWait,
                   OpenStream, Stream, OpenWebSocket, WebSocket, TlsFarewell>;

  void on_received(Completion completion) noexcept;
  void request_received(int result) noexcept;
  void on_received_while_answering(int result) noexcept;
  void on_controlled(Completion completion) noexcept;
  void on_timer() noexcept;
  void stop_reading() noexcept;
  void on_body_ready() noexcept;
  bool is_expired() noexcept;

  // --- requests ---
  void wait_for_request() noexcept;
  void take_exchange() noexcept;
  void return_exchange() noexcept;
  void begin_reading() noexcept;
  void receive_request() noexcept;
  void receive_nothing() noexcept;
  void read_request() noexcept;
  void begin_body() noexcept;
  void respond(Waited waited) noexcept;
  void refuse(int status, std::string_view reason) noexcept;
  void refuse_guest() noexcept;
  void next_request() noexcept;
  bool is_guest() const noexcept { return refusal_ != Refusal::none; }
  void join(Line line) noexcept;
  void leave_line() noexcept;

  // --- TLS ---
  void begin_handshake() noexcept;
  void handshake_received(int result) noexcept;
  void receive_handshake() noexcept;
  void continue_handshake() noexcept;
  void handshake_sent() noexcept;
  void end_handshake() noexcept;
  void finish_handshake() noexcept;
  void fail_handshake() noexcept;
  void refuse_plain() noexcept;
  bool refuse_tls(std::string_view bytes) noexcept;
  void close_without_place() noexcept;
  bool say_goodbye() noexcept;
  void say_goodbye_in_passing() noexcept;
  void release_tls() noexcept;
  void receive(std::span<char> room) noexcept;
  int opened(int result, std::span<char> room) noexcept;
  bool has_sealed_input() const noexcept;
  bool note_sealed_input(int result) noexcept;
  bool read_sealed_web_socket(WebSocket& socket) noexcept;

  // --- the access log ---
  void begin_record() noexcept;
  void note_answer(const Piece& piece) noexcept;
  void end_record() noexcept;

  // Begin what an answer requires.
  void begin(const Reply& reply) noexcept;
  void begin(const AwaitFrame& wait) noexcept;
  void begin(const AwaitCamera& wait) noexcept;
  void begin(const AwaitBody& wait) noexcept;
  void begin(const AwaitPassword& wait) noexcept;
  void begin(const OpenStream& open) noexcept;
  void begin(const OpenWebSocket& open) noexcept;

  // Continue when a piece has been sent.
  void continue_after_piece(Reply& reply) noexcept;
  void continue_after_piece(OpenStream& open) noexcept;
  void continue_after_piece(Stream& stream) noexcept;
  void continue_after_piece(OpenWebSocket& open) noexcept;
  void continue_after_piece(WebSocket& socket) noexcept;
  void continue_after_piece(TlsFarewell&) noexcept { begin_lingering(); }
  template <class Other>
  void continue_after_piece(Other&) noexcept {
    CHECK(false && "nothing is sent in this session");
  }

  // The timer fired while no send was in flight.
  void check_time(std::monostate) noexcept {}
  void check_time(Reply& reply) noexcept { check_body(*reply.body); }
  void check_time(AwaitFrame& wait) noexcept;
  void check_time(CameraWait& wait) noexcept;
  void check_time(AwaitBody& wait) noexcept { check_body(*wait.body); }
  void check_time(PasswordWait& wait) noexcept;
  void check_time(OpenStream&) noexcept {}
  void check_time(Stream& stream) noexcept;
  void check_time(OpenWebSocket&) noexcept {}
  void check_time(WebSocket& socket) noexcept { socket.settle(); }
  void check_time(TlsFarewell&) noexcept {}

  // --- replies ---
  void pull_body(Reply& reply) noexcept;
  void await(Body& body) noexcept;
  void limit_wait() noexcept;
  void body_prepared() noexcept;
  void check_body(Body& body) noexcept;
  void cut_body(Reply& reply) noexcept;
  void resume_snapshot(Waited waited) noexcept;
  void stop_waiting(AwaitFrame& wait) noexcept;
  void camera_answered(int status, std::string_view words) noexcept;
  void password_verified(PasswordOutcome outcome, const Rights& rights) noexcept;

  // --- streams ---
  ClientSocket client() const noexcept;
  bool has_right_ended() const noexcept;
  void end_watching() noexcept;
  void end_stream(Stream& stream) noexcept;
  void end_empty_stream(Stream& stream) noexcept;
  void note_frame_sent(Viewer& viewer) noexcept;

  // --- streams for another process ---
  bool is_held() const noexcept;
  bool may_pass_on(const Stream& stream) const noexcept;
  void pass_on_or_settle(Stream& stream) noexcept;
  void detached(int result) noexcept;
  void park() noexcept;
  void check_held() noexcept;

  // --- WebSockets ---
  void receive_web_socket(WebSocket& socket) noexcept;
  void web_socket_received(WebSocket& socket, size_t bytes) noexcept;
  void read_web_socket(WebSocket& socket, std::string_view bytes) noexcept;
  void serve_web_socket(WebSocket& socket) noexcept;
  void end_web_socket(WebSocket& socket, CloseCode code) noexcept;

  // --- the end ---
  void check_progress() noexcept;
  Duration progress_limit() const noexcept;
  void on_peer_ended() noexcept;
  void begin_lingering() noexcept;
  void end_lingering() noexcept;
  void close(Ending ending) noexcept;
  void cancel_operations() noexcept;
  void abandon_session() noexcept;
  void close_join() noexcept;
  void finish() noexcept;
  void release_memory() noexcept;
  void release_session() noexcept;
  void release(UstreamerFraming* framing) noexcept;
  void release(Replay* replay) noexcept;
  Body* body() noexcept;

  // The members used for each frame are first and together: see Operation::kTouchedBytes.
  ShardServices& services_;
  const int fd_;
  uint32_t discarded_ = 0;  // bytes received while lingering
  ConnectionPlace place_;
  State state_ = State::waiting;
  Line line_ = Line::idle;  // the one that it is in, if any
  Refusal refusal_ = Refusal::none;
  const bool by_admin_listener_ : 1;
  const bool by_tls_listener_ : 1;
  const bool by_local_listener_ : 1;
  bool timed_out_ : 1 = false;  // while receiving a request; the receive is cancelled
  bool ending_ : 1 = false;     // the server is stopping
  bool is_new_ : 1 = true;      // its first request has not been answered yet
  PieceSender sender_;
  Session session_;
  Instant timer_at_ = kNever;
  Seat seat_;  // of a stream; its client is known until the end

  Operation receive_;
  Operation control_;  // shutdown, then close
  Timer timer_;
  Instant deadline_{};  // of a wait: header, idle, snapshot, camera, body
  const uint64_t id_;
  TlsLink* tls_ = nullptr;  // from the first byte of the handshake on
  Exchange* exchange_ = nullptr;
  AccessRecord* record_ = nullptr;  // of the request that is being answered, if it is logged
  Instant waits_since_{};           // for a request
};

}  // namespace fanlight
