// SPDX-License-Identifier: Apache-2.0
#include "http/shard/connection.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "http/answer/dispatch.h"
#include "http/protocol/client_address.h"
#include "io/tls/tls_session.h"

namespace fanlight {
namespace {

// How much a peer may still send to a connection that is ending.
constexpr uint32_t kLingerBytesMax = 256 << 10;
// When the server stops, a connection that has not sent a request gets this long for its first.
constexpr Duration kNewcomerGrace = 300ms;
// A guest that sends no request within this is told why it has no place. Long enough for a request
// whose first segment was lost: it is sent again after one second (RFC 6298 section 2.1).
constexpr Duration kGuestPatience = 2s;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view text_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::full:
      return "no room for another connection";
    case Refusal::address:
      return "too many connections from your address";
    case Refusal::descriptors:
      return "the server is out of descriptors";
    case Refusal::none:
      break;
  }
  CHECK(false && "it has a place");
}

}  // namespace

Connection::Connection(ShardServices& services, const ClientSocket& client, uint64_t id) noexcept
    : services_(services),
      fd_(client.fd),
      by_admin_listener_(client.by_admin_listener),
      by_tls_listener_(client.by_tls_listener),
      by_local_listener_(client.by_local_listener),
      sender_(services, *this, client.fd),
      receive_(bind<&Connection::on_received>(this)),
      control_(bind<&Connection::on_controlled>(this)),
      timer_(bind_timer<&Connection::on_timer>(this)),
      id_(id) {}

Connection::~Connection() {
  CHECK(state_ == State::closed && exchange_ == nullptr && record_ == nullptr && tls_ == nullptr);
}

void Connection::start(const ConnectionPlace& place) noexcept {
  place_ = place;
  if (by_tls_listener_) return begin_handshake();
  wait_for_request();
}

void Connection::start_as_guest(Refusal reason) noexcept {
  refusal_ = reason;
  if (by_tls_listener_) return close_without_place();
  wait_for_request();
}

void Connection::start_refused(Refusal reason) noexcept {
  refusal_ = reason;
  if (by_tls_listener_) return close_without_place();
  take_exchange();
  refuse_guest();
}

// ---- requests ----

// Polls instead of receiving, so that an idle connection needs no buffer.
void Connection::wait_for_request() noexcept {
  state_ = State::waiting;
  waits_since_ = services_.now();
  deadline_ =
      waits_since_ + (is_guest() ? kGuestPatience : services_.state.live.idle_timeout.load());
  join(is_guest() ? Line::guests : Line::idle);
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
  state_ = State::reading;
  // Absolute, from the first byte: sending a byte now and then does not extend it. A guest's time
  // has begun before.
  if (!is_guest()) deadline_ = services_.now() + services_.state.live.header_timeout.load();
  ensure_timer(deadline_);
}

void Connection::receive_request() noexcept {
  const std::span<char> room = exchange_->reader.room();
  CHECK(!room.empty());
  if (tls_ != nullptr) return request_received(tls_session().read(room));
  receive(room);
}

void Connection::read_request() noexcept {
  RequestReader& reader = exchange_->reader;
  switch (reader.read()) {
    case RequestReader::Step::receive:
      return receive_request();
    case RequestReader::Step::head:
      return begin_body();
    case RequestReader::Step::request:
      return respond(Waited::no);
    case RequestReader::Step::refuse:
      return refuse(reader.error_status(), reader.error_reason());
  }
}

void Connection::begin_body() noexcept {
  const Request& request = exchange_->request();
  services_.stats.requests.add();
  exchange_->route = route_of(services_, request);
  exchange_->grant.reset();
  if (is_guest() && exchange_->route.resource != Resource::healthz) return refuse_guest();
  const bool keep = wants_body(services_, request, exchange_->route);
  if (exchange_->reader.begin_body(keep)) return sender_.send(Piece(kContinue));
  read_request();
}

void Connection::respond(Waited waited) noexcept {
  begin_record();
  const Answer answer = answer_request(services_, client(), *exchange_, waited);
  std::visit([this](const auto& then) { begin(then); }, answer);
}

void Connection::refuse(int status, std::string_view reason) noexcept {
  services_.stats.bad_requests.add();
  begin_record();
  begin(answer_error(services_, status, reason, exchange_->request(), exchange_->output()));
}

void Connection::refuse_guest() noexcept {
  leave_line();
  if (refusal_ == Refusal::full) services_.note_full();
  if (refusal_ == Refusal::address) services_.note_share(peer());
  begin(answer_error(services_, 503, text_of(refusal_), exchange_->request(), exchange_->output()));
}

void Connection::next_request() noexcept {
  end_record();
  is_new_ = false;
  session_.emplace<std::monostate>();
  if (!exchange_->reader.next() && !has_sealed_input()) {
    return_exchange();
    return wait_for_request();
  }
  begin_reading();
  read_request();
}

// ---- the access log ----

// Does nothing when a request that has waited is answered.
void Connection::begin_record() noexcept {
  const ServerConfig& config = services_.state.config;
  if (config.access_log == nullptr || record_ != nullptr) return;
  const Request& request = exchange_->request();
  const PeerAddress peer = services_.reactor.backend().peer_address(fd_);
  record_ =
      services_.access_records.make(request, client_address(peer, request, config.trusted_proxies),
                                    services_.now(), services_.wall_now(), bytes_sent());
  CHECK(record_ != nullptr);  // there are as many as connections
}

void Connection::note_answer(const Piece& piece) noexcept {
  if (record_ != nullptr) record_->note_answer(piece);
}

void Connection::end_record() noexcept {
  if (record_ == nullptr) return;
  char room[AccessLog::kLineBytesMax];
  const std::string_view line = record_->write(services_.now(), bytes_sent(), room);
  services_.access_records.destroy(std::exchange(record_, nullptr));
  if (services_.state.config.access_log->add(services_.now(), line)) return;
  services_.stats.access_log_dropped.add();
}

// ---- events ----

// Receives bytes that have no meaning, to detect when the peer leaves.
void Connection::receive_nothing() noexcept {
  receive(services_.scratch);
}

void Connection::on_received(Completion completion) noexcept {
  const int result = completion.result;
  switch (state_) {
    case State::handshaking:
      return handshake_received(result);
    case State::waiting:
      if (result < 0) return close(Ending::orderly);
      if (!is_guest()) leave_line();
      take_exchange();
      begin_reading();
      return receive_request();
    case State::reading:
      if (timed_out_ && result != 0) {
        return is_guest() ? refuse_guest() : refuse(408, "the request took too long");
      }
      return request_received(opened(result, exchange_->reader.room()));
    case State::answering:
      return on_received_while_answering(result);
    case State::lingering:
      discarded_ += static_cast<uint32_t>(std::max(result, 0));
      if (result == 0) return on_peer_ended();
      if (result < 0 || discarded_ > kLingerBytesMax) return close(Ending::reset);
      return receive_nothing();
    case State::closing:
      return close_join();
    case State::closed:
      break;
  }
  CHECK(false && "nothing is received in this state");
}

void Connection::request_received(int result) noexcept {
  if (tls_ != nullptr && result == -EAGAIN) return receive(exchange_->reader.room());
  // A peer that has sent everything may have closed its half; it is owed nothing.
  if (result <= 0) return close(result == 0 ? Ending::orderly : Ending::reset);
  const std::span<char> room = exchange_->reader.room();
  const std::string_view bytes(room.data(), static_cast<size_t>(result));
  if (room.size() == RequestReader::kInputSize && refuse_tls(bytes)) return;
  exchange_->reader.received(bytes.size());
  read_request();
}

// Only streams receive, also one that ends before its first frame; and a guest that was refused
// before it had sent anything.
void Connection::on_received_while_answering(int result) noexcept {
  if (is_held() && line_ == Line::detaching) return detached(result);
  // It was to be passed on, but is not.
  if (result == -ECANCELED || result == -EINTR) return receive_nothing();
  if (result < 0) return close(Ending::reset);
  if (result == 0) return on_peer_ended();
  if (auto* socket = std::get_if<WebSocket>(&session_)) {
    return web_socket_received(*socket, static_cast<size_t>(result));
  }
  if (tls_ != nullptr && !note_sealed_input(result)) return;
  receive_nothing();
}

void Connection::on_piece_sent() noexcept {
  if (state_ == State::reading) return read_request();  // that was 100 Continue
  if (state_ == State::handshaking) return handshake_sent();
  CHECK(state_ == State::answering);
  std::visit([this](auto& session) { continue_after_piece(session); }, session_);
}

void Connection::on_send_ended(int error) noexcept {
  if (state_ == State::closing) return close_join();
  // ENOBUFS and ENOMEM are caused by this machine, the other errors by the peer; all end the
  // connection. A peer that has closed both directions only shows it by resetting what is sent to
  // it.
  const bool has_left = sender_.peer_has_ended() && (error == ECONNRESET || error == EPIPE);
  if (!has_left) services_.stats.errors.add();
  close(Ending::reset);
}

void Connection::ensure_timer(Instant deadline) noexcept {
  if (timer_.is_set() && timer_at_ <= deadline) return;
  timer_at_ = deadline;
  services_.reactor.timers().set(timer_, deadline);
}

void Connection::on_timer() noexcept {
  // Other limits move the timer to earlier times: whenever it has fired, it is set again.
  if (seat_.may_end() && seat_.ends > services_.now()) ensure_timer(seat_.ends);
  if (sender_.waits_for_retry()) {
    check_progress();
    if (sender_.waits_for_retry()) sender_.retry();
    return;
  }
  if (state_ >= State::closing) return cancel_operations();
  if (is_held() && !is_sending()) return check_held();
  if (has_right_ended()) return end_watching();
  if (is_sending() || state_ == State::lingering) {
    if (sender_.peer_has_ended()) sender_.note_peer_ended();  // the cancel may have had no effect
    return check_progress();
  }
  if (state_ == State::answering) {
    return std::visit([this](auto& session) { check_time(session); }, session_);
  }
  if (!is_expired()) return;
  if (is_guest() && is_new_) return refuse_now();
  if (state_ == State::handshaking) return fail_handshake();
  if (state_ == State::waiting) return close(Ending::orderly);
  stop_reading();
}

// The request is too slow: on_received() answers with 408.
void Connection::stop_reading() noexcept {
  timed_out_ = true;
  services_.reactor.cancel(receive_);
  ensure_timer(services_.now() + kCancelAgain);
}

// Whether `deadline_` has passed; if not, the timer is set again.
bool Connection::is_expired() noexcept {
  if (services_.now() >= deadline_) return true;
  ensure_timer(deadline_);
  return false;
}

void Connection::end_soon() noexcept {
  if (is_held()) resume();
  if (ending_) return;
  ending_ = true;
  if (state_ == State::waiting || state_ == State::handshaking) {
    if (!is_new_) return close(Ending::orderly);
    // A client that has just connected is about to send a request, unaware that the server stops.
    deadline_ = services_.now() + kNewcomerGrace;
    return ensure_timer(deadline_);
  }
  if (state_ != State::answering) return;
  if (auto* stream = std::get_if<Stream>(&session_)) return end_stream(*stream);
  if (auto* socket = std::get_if<WebSocket>(&session_)) {
    end_web_socket(*socket, CloseCode::going_away);
  }
  // Replies are completed, but the connection is not kept after them.
}

}  // namespace fanlight
