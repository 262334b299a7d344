// SPDX-License-Identifier: Apache-2.0
#include "http/shard/connection.h"

#include <poll.h>

#include <algorithm>

#include "core/check.h"
#include "http/answer/dispatch.h"
#include "http/delivery/send_queue.h"

namespace fanlight {
namespace {

// How much a peer may still send to a connection that is ending.
constexpr uint64_t kLingerBytesMax = 256 << 10;
// When the server stops, a connection that has not sent a request gets this long for its first.
constexpr Duration kNewcomerGrace = 300ms;
}  // namespace

Connection::Connection(ShardServices& services, ConnectionOwner& owner, const ClientSocket& client,
                       uint64_t id) noexcept
    : services_(services),
      fd_(client.fd),
      by_admin_listener_(client.by_admin_listener),
      send_(bind<&Connection::on_sent>(this)),
      receive_(bind<&Connection::on_received>(this)),
      control_(bind<&Connection::on_controlled>(this)),
      timer_(bind_timer<&Connection::on_timer>(this)),
      id_(id),
      owner_(owner) {}

Connection::~Connection() {
  CHECK(state_ == State::closing && exchange_ == nullptr);
}

void Connection::start() noexcept {
  wait_for_request();
}

void Connection::start_refused(std::string_view reason) noexcept {
  refused_ = true;
  take_exchange();
  start_answer(answer_error(services_, 503, reason, {}, exchange_->output()));
}

// ---- the request ----

// Polls instead of receiving, so that an idle connection needs no buffer.
void Connection::wait_for_request() noexcept {
  state_ = State::waiting;
  deadline_ = services_.now() + services_.state.live.idle_timeout.load();
  ensure_timer(deadline_);
  services_.reactor.submit(receive_, io_uring_prep_poll_add, fd_, unsigned{POLLIN});
}

void Connection::take_exchange() noexcept {
  exchange_ = services_.exchanges.make();
  CHECK(exchange_ != nullptr);  // there are as many exchanges as connections
}

void Connection::return_exchange() noexcept {
  services_.exchanges.destroy(std::exchange(exchange_, nullptr));
}

void Connection::begin_reading() noexcept {
  take_exchange();
  // Absolute, from the first byte: sending a byte now and then does not extend it.
  deadline_ = services_.now() + services_.state.live.header_timeout.load();
  ensure_timer(deadline_);
  state_ = State::reading;
  receive();
}

void Connection::receive() noexcept {
  const std::span<char> room = exchange_->input_room();
  CHECK(!room.empty());
  services_.reactor.submit(receive_, io_uring_prep_recv, fd_, room.data(), room.size(), 0);
}

// Receives bytes that have no meaning, to detect when the peer leaves.
void Connection::receive_nothing() noexcept {
  services_.reactor.submit(receive_, io_uring_prep_recv, fd_, services_.scratch.data(),
                           services_.scratch.size(), 0);
}

void Connection::on_received(Completion completion) noexcept {
  const int result = completion.result;
  switch (state_) {
    case State::waiting:
      if (result < 0 || (ending_ && !is_new_)) return close(Ending::orderly);
      return begin_reading();
    case State::reading:
    case State::reading_body:
      if (timed_out_ && result != 0) return refuse(408, "the request took too long");
      // A peer that has sent everything may have closed its half; it is owed nothing.
      if (result <= 0) return close(result == 0 ? Ending::orderly : Ending::reset);
      return received(static_cast<size_t>(result));
    case State::streaming:
    case State::replying:  // a stream that ends before its first frame
      if (result < 0) return close(Ending::reset);
      if (result == 0) return on_peer_ended();
      // Data from a viewer has no meaning.
      if (answer_.web_socket != nullptr) return web_socket_received(static_cast<size_t>(result));
      return receive_nothing();
    case State::lingering:
      discarded_ += static_cast<uint64_t>(std::max(result, 0));
      if (result == 0) return on_peer_ended();
      if (result < 0 || discarded_ > kLingerBytesMax) return close(Ending::reset);
      return receive_nothing();
    case State::closing:
      return close_join();
    case State::awaiting_frame:
    case State::awaiting_camera:
    case State::awaiting_body:
      break;
  }
  CHECK(false && "nothing is received in this state");
}

void Connection::received(size_t bytes) noexcept {
  exchange_->added_input(bytes);
  if (state_ == State::reading_body) {
    read_body();
  } else {
    parse();
  }
}

void Connection::parse() noexcept {
  RequestParser& parser = exchange_->parser;
  switch (parser.parse(exchange_->input())) {
    case ParseStatus::bad:
      return refuse(parser.error_status(), parser.error_reason());
    case ParseStatus::partial:
      if (!exchange_->input_room().empty()) return receive();
      if (parser.in_request_line()) return refuse(414, "the request line is too long");
      return refuse(431, "the request head is too long");
    case ParseStatus::done:
      break;
  }
  services_.stats.requests.add();
  if (parser.request().content_length > 0) return begin_body();
  respond(Waited::no);
}

// ---- the answer ----

void Connection::respond(Waited waited) noexcept {
  const Request& request = exchange_->parser.request();
  start_answer(answer_request(services_, {fd_, by_admin_listener_, id_}, request,
                              exchange_->output(), services_.now(), waited));
}

void Connection::refuse(int status, std::string_view reason) noexcept {
  services_.stats.bad_requests.add();
  start_answer(
      answer_error(services_, status, reason, exchange_->parser.request(), exchange_->output()));
}

void Connection::start_answer(const Answer& answer) noexcept {
  answer_ = answer;
  if (answer.kind == Answer::Kind::await_frame) {
    state_ = State::awaiting_frame;
    deadline_ = services_.now() + kSnapshotWait;
    ensure_timer(deadline_);
    answer.channel->frame_waiters().push_back(*this);
    answer.channel->ring().watch();
    return;
  }
  if (answer.kind == Answer::Kind::await_camera) return ask_camera();
  if (answer_.body != nullptr) {
    answer_.body->set_owner(
        this, [](void* owner) noexcept { static_cast<Connection*>(owner)->on_body_ready(); });
  }
  if (answer.kind == Answer::Kind::await_body) return prepare_body();
  state_ = State::replying;
  piece_ = answer.piece;
  send();
}

void Connection::resume_snapshot(Waited waited) noexcept {
  CHECK(state_ == State::awaiting_frame);
  answer_.channel->frame_waiters().remove(*this);
  answer_.channel->ring().unwatch();
  respond(waited);
}

void Connection::sent_all() noexcept {
  if (state_ == State::streaming) {
    return sending_viewer_ != nullptr ? frame_sent() : web_socket_sent();
  }
  if (state_ == State::reading_body) return read_body();  // that was 100 Continue
  CHECK(state_ == State::replying);
  if (answer_.body != nullptr) return pull_body();
  if (answer_.frame != nullptr) answer_.channel->unpin(*std::exchange(answer_.frame, nullptr));
  if (answer_.kind == Answer::Kind::stream) return begin_streaming();
  if (answer_.kind == Answer::Kind::web_socket) return begin_web_socket();
  if (answer_.keep_alive && !ending_) return next_request();
  begin_lingering();
}

// One chunk of the body: size line, bytes, CRLF (RFC 9112 section 7.1). Without chunks only the
// bytes; the close ends the body.
void Connection::pull_body() noexcept {
  constexpr size_t kSizeLine = 6;  // four hexadecimal digits suffice for the output
  static_assert(Exchange::kOutputSize <= 0xffff);
  const std::span<char> output = exchange_->output();
  const std::span<char> room = output.subspan(kSizeLine, output.size() - kSizeLine - 7);
  const Body::Pulled pulled = answer_.body->pull(room);
  if (pulled.state == Body::State::pending) return await_body();  // on_body_ready() continues
  if (pulled.state == Body::State::failed) return cut_body();
  CHECK(pulled.bytes <= room.size());
  const bool done = pulled.state == Body::State::done;
  if (done) std::exchange(answer_.body, nullptr)->release();
  if (!answer_.chunked) {
    piece_ = Piece({room.data(), pulled.bytes});
  } else {
    fmt::format_to(output.data(), "{:04x}\r\n", pulled.bytes);
    char* end = room.data() + pulled.bytes;
    const std::string_view tail = done ? "\r\n0\r\n\r\n" : "\r\n";
    std::copy(tail.begin(), tail.end(), end);
    const char* begin = output.data();
    // A chunk of size 0 would end the body, so an empty last piece is just the final chunk.
    if (pulled.bytes == 0) begin = end + 2;
    piece_ = Piece({begin, static_cast<size_t>(end + tail.size() - begin)});
  }
  if (piece_.size() == 0) return sent_all();
  send();
}

void Connection::on_body_ready() noexcept {
  if (state_ == State::closing) return close_join();
  if (state_ == State::awaiting_body) return body_prepared();
  pull_body();
}

void Connection::next_request() noexcept {
  const Request& request = exchange_->parser.request();
  is_new_ = false;
  exchange_->erase_input(0, request.head_size + request.body.size());
  exchange_->parser.reset();
  if (exchange_->input().empty()) {
    return_exchange();
    return wait_for_request();
  }
  state_ = State::reading;
  deadline_ = services_.now() + services_.state.live.header_timeout.load();
  ensure_timer(deadline_);
  parse();
}

// ---- the stream ----

void Connection::begin_streaming() noexcept {
  return_exchange();
  state_ = State::streaming;
  viewer_.emplace(*this, *answer_.channel, answer_.viewer, services_.now());
  send_.use_registered(services_.reactor.backend().register_descriptor(fd_));
  receive_nothing();
  if (ending_) return end_stream();
  services_.queue.settle(*viewer_, services_.now());
}

void Connection::send_frame(Viewer& viewer, const Piece& piece) noexcept {
  CHECK(state_ == State::streaming && !is_sending());
  sending_viewer_ = &viewer;
  piece_ = piece;
  send();
}

void Connection::frame_sent() noexcept {
  Viewer& viewer = *std::exchange(sending_viewer_, nullptr);
  ChannelStats& stats = viewer.channel().stats();
  stats.frames_sent.add();
  if (viewer.is_sending_news()) {
    stats.frame_age.record(services_.now() - viewer.frame()->info().captured_at);
  }
  viewer.finish_frame(services_.now());
  if (!viewer_) {
    answer_.web_socket->note_served(viewer);
    return web_socket_sent();
  }
  if (viewer.is_finished()) return begin_lingering();
  services_.queue.settle(viewer, services_.now());
}

void Connection::leave_stream() noexcept {
  if (!viewer_) return;
  services_.queue.withdraw(*viewer_);
  viewer_.reset();
}

void Connection::end_soon() noexcept {
  ending_ = true;
  switch (state_) {
    case State::waiting:
      if (!is_new_) return close(Ending::orderly);
      // A client that has just connected is about to send a request, unaware that the server stops.
      deadline_ = services_.now() + kNewcomerGrace;
      return ensure_timer(deadline_);
    case State::streaming:
      return answer_.web_socket != nullptr ? end_web_socket(CloseCode::going_away) : end_stream();
    default:
      return;  // answers are completed, but the connection is not kept after them
  }
}

void Connection::end_stream() noexcept {
  if (!viewer_->is_sending() && !viewer_->can_end_with_frame()) return end_empty_stream();
  viewer_->end_soon();
  if (!viewer_->is_sending()) services_.queue.settle(*viewer_, services_.now());
}

// No frame was sent, so the closing delimiter follows the one that opened the first part.
void Connection::end_empty_stream() noexcept {
  const bool seed = viewer_->options().seed_boundary;
  leave_stream();
  state_ = State::replying;
  answer_.kind = Answer::Kind::reply;
  answer_.keep_alive = false;
  piece_ = Piece(seed ? kSeedClosing : kClosing);
  send();
}

void Connection::visit_session(SessionVisitor& visitor) const noexcept {
  const Viewer* const own = viewer_ ? &*viewer_ : nullptr;
  const std::span<const Viewer* const> viewers = answer_.web_socket != nullptr
                                                     ? answer_.web_socket->viewers()
                                                     : std::span(&own, viewer_ ? 1 : 0);
  if (viewers.empty()) return;
  visitor.visit({.connection_id = id_,
                 .client = answer_.client,
                 .bytes_sent = bytes_sent_,
                 .framing = answer_.framing,
                 .viewers = viewers});
}

uint64_t Connection::held_sequence(const Channel& channel) noexcept {
  if (state_ == State::closing) return 0;
  if (!zero_copies_owed_.empty() && answer_.channel == &channel) {
    return zero_copies_owed_.front().sequence();
  }
  if (sending_viewer_ != nullptr && &sending_viewer_->channel() == &channel) {
    return sending_viewer_->frame()->sequence();
  }
  if (answer_.frame != nullptr && answer_.channel == &channel) return answer_.frame->sequence();
  return 0;
}

}  // namespace fanlight
