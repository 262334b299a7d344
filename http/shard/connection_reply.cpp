// SPDX-License-Identifier: Apache-2.0
// Replies: their bodies, and the waits for a frame, a camera or a body that precede some.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "http/answer/control.h"
#include "http/answer/dispatch.h"
#include "http/delivery/replay.h"
#include "http/shard/connection.h"

namespace fanlight {

void Connection::begin(const Reply& reply) noexcept {
  state_ = State::answering;
  session_ = reply;
  if (reply.body != nullptr) await(*reply.body);
  note_answer(reply.piece);
  sender_.send(reply.piece);
}

void Connection::continue_after_piece(Reply& reply) noexcept {
  if (reply.body != nullptr) return pull_body(reply);
  if (reply.frame != nullptr) reply.channel->unpin(*std::exchange(reply.frame, nullptr));
  if (reply.replay != nullptr) std::exchange(reply.replay, nullptr)->release();
  if (reply.keep_alive && !ending_) return next_request();
  begin_lingering();
}

// One chunk of the body: size line, bytes, CRLF (RFC 9112 section 7.1). Without chunks only the
// bytes; the close ends the body.
void Connection::pull_body(Reply& reply) noexcept {
  constexpr size_t kSizeLine = 6;  // four hexadecimal digits suffice for the output
  static_assert(Exchange::kOutputSize <= 0xffff);
  const std::span<char> output = exchange_->output();
  const std::span<char> room = output.subspan(kSizeLine, output.size() - kSizeLine - 7);
  const Body::Pulled pulled = reply.body->pull(room);
  if (pulled.state == Body::State::pending) return limit_wait();  // on_body_ready() continues
  if (pulled.state == Body::State::failed) return cut_body(reply);
  CHECK(pulled.bytes <= room.size());
  const bool done = pulled.state == Body::State::done;
  if (done) std::exchange(reply.body, nullptr)->release();
  Piece piece({room.data(), pulled.bytes});
  if (reply.chunked) {
    fmt::format_to(output.data(), "{:04x}\r\n", pulled.bytes);
    char* end = room.data() + pulled.bytes;
    const std::string_view tail = done ? "\r\n0\r\n\r\n" : "\r\n";
    std::copy(tail.begin(), tail.end(), end);
    const char* begin = output.data();
    // A chunk of size 0 would end the body, so an empty last piece is just the final chunk.
    if (pulled.bytes == 0) begin = end + 2;
    piece = Piece({begin, static_cast<size_t>(end + tail.size() - begin)});
  }
  if (piece.size() == 0) return continue_after_piece(reply);
  sender_.send(piece);
}

// ---- a body that is not ready ----
//
// This is not the client's fault, so the stall timeout does not apply; nor is the socket read, and
// that the client has left is detected when something is sent to it.

void Connection::begin(const AwaitBody& wait) noexcept {
  state_ = State::answering;
  session_ = wait;
  await(*wait.body);
  limit_wait();
  wait.body->prepare();
}

void Connection::await(Body& body) noexcept {
  body.set_owner(this,
                 [](void* owner) noexcept { static_cast<Connection*>(owner)->on_body_ready(); });
}

void Connection::limit_wait() noexcept {
  deadline_ = services_.now() + kBodyWait;
  ensure_timer(deadline_);
}

void Connection::on_body_ready() noexcept {
  if (state_ == State::closing) return close_join();
  if (std::holds_alternative<AwaitBody>(session_)) return body_prepared();
  pull_body(std::get<Reply>(session_));
}

void Connection::body_prepared() noexcept {
  Body& body = *std::exchange(std::get<AwaitBody>(session_).body, nullptr);
  begin(answer_for_body(services_, *exchange_, body));
}

// The time for the next bytes may have expired.
void Connection::check_body(Body& body) noexcept {
  if (!is_expired()) return;
  if (!body.give_up()) return;  // from another shard, which will answer
  log_gated(services_.table_gate, services_.now(), LogLevel::warning, "gave up: {}",
            body.failure().reason);
  if (std::holds_alternative<AwaitBody>(session_)) return body_prepared();
  cut_body(std::get<Reply>(session_));
}

// The answer cannot be completed, and must not look complete. With chunks the missing last chunk
// shows this (RFC 9112 section 8); without chunks an orderly close ends the answer, so only a reset
// shows it.
void Connection::cut_body(Reply& reply) noexcept {
  std::exchange(reply.body, nullptr)->release();
  if (!reply.chunked) return close(Ending::reset);
  begin_lingering();
}

// ---- a frame that has not arrived ----

void Connection::begin(const AwaitFrame& wait) noexcept {
  state_ = State::answering;
  session_ = wait;
  deadline_ = services_.now() + kSnapshotWait;
  ensure_timer(deadline_);
  wait.channel->frame_waiters().push_back(*this);
  wait.channel->watch();
}

uint64_t Connection::newer_than() const noexcept {
  return std::get<AwaitFrame>(session_).newer_than;
}

// A newer frame has arrived, or will not arrive in time: answers the waiting snapshot.
void Connection::resume_snapshot(Waited waited) noexcept {
  stop_waiting(std::get<AwaitFrame>(session_));
  respond(waited);
}

void Connection::stop_waiting(AwaitFrame& wait) noexcept {
  wait.channel->frame_waiters().remove(*this);
  wait.channel->unwatch();
}

void Connection::check_time(AwaitFrame&) noexcept {
  if (is_expired()) resume_snapshot(Waited::in_vain);
}

// ---- a password that is being verified ----

void Connection::begin(const AwaitPassword& wait) noexcept {
  state_ = State::answering;
  Auth& auth = *services_.state.config.auth;
  PasswordCheck* check =
      auth.desk().ask(wait.order, services_.mailbox, this,
                      [](void* owner, PasswordOutcome outcome, const Rights& rights) noexcept {
                        static_cast<Connection*>(owner)->password_verified(outcome, rights);
                      });
  if (check == nullptr) {
    auth.failures().succeeded(wait.order.client);  // it was not tried
    return password_verified(PasswordOutcome::unavailable, {});
  }
  session_ = PasswordWait{check};
  deadline_ = services_.now() + kLoginWait;
  ensure_timer(deadline_);
}

void Connection::password_verified(PasswordOutcome outcome, const Rights& rights) noexcept {
  session_.emplace<std::monostate>();
  if (outcome != PasswordOutcome::right) {
    return begin(answer_for_login(services_, client(), *exchange_, outcome));
  }
  exchange_->grant = Grant{.is_free = false, .rights = rights};
  respond(Waited::no);
}

void Connection::check_time(PasswordWait& wait) noexcept {
  if (!is_expired()) return;
  services_.state.config.auth->desk().abandon(*wait.check);
  password_verified(PasswordOutcome::unavailable, {});
}

// ---- the camera's thread ----

void Connection::begin(const AwaitCamera& wait) noexcept {
  state_ = State::answering;
  char room[kAddressTextMax];
  const ControlOrder order{exchange_->request().body, format_address(wait.client, room)};
  ControlRequest* request =
      wait.panel->ask(order, services_.mailbox, this,
                      [](void* owner, ControlOutcome outcome, std::string_view words) noexcept {
                        static_cast<Connection*>(owner)->camera_answered(status_of(outcome), words);
                      });
  if (request == nullptr) {
    return camera_answered(503, "too many pending requests for the camera");
  }
  session_ = CameraWait{wait.panel, request};
  services_.stats.control_requests.add();
  deadline_ = services_.now() + kControlWait;
  ensure_timer(deadline_);
}

void Connection::camera_answered(int status, std::string_view words) noexcept {
  begin(answer_for_camera(services_, client(), *exchange_, status, words));
}

// The camera's thread may still be busy with the request; its answer will be dropped.
void Connection::check_time(CameraWait& wait) noexcept {
  if (!is_expired()) return;
  wait.panel->abandon(*wait.request);
  camera_answered(504, "the camera did not answer in time");
}

}  // namespace fanlight
