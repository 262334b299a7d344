// SPDX-License-Identifier: Apache-2.0
// A Body that is not ready: before its head is sent, and between two of its pieces.
//
// This is not the client's fault, so the stall timeout does not apply; nor is the socket read, and
// that the client has left is detected when something is sent to it.
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "http/answer/dispatch.h"
#include "http/shard/connection.h"

namespace fanlight {

void Connection::prepare_body() noexcept {
  state_ = State::awaiting_body;
  await_body();
  answer_.body->prepare();
}

void Connection::body_prepared() noexcept {
  CHECK(state_ == State::awaiting_body);
  Body& body = *std::exchange(answer_.body, nullptr);
  start_answer(answer_for_body(services_, exchange_->parser.request(), exchange_->output(), body));
}

void Connection::await_body() noexcept {
  deadline_ = services_.now() + kBodyWait;
  ensure_timer(deadline_);
}

// The time for the next bytes may have expired.
void Connection::check_body() noexcept {
  if (services_.now() < deadline_) return ensure_timer(deadline_);
  if (!answer_.body->give_up()) return;  // from another shard, which will answer
  log_gated(services_.table_gate, services_.now(), LogLevel::warning, "gave up: {}",
            answer_.body->failure().reason);
  if (state_ == State::awaiting_body) return body_prepared();
  cut_body();
}

// The answer cannot be completed, and must not look complete. With chunks the missing last chunk
// shows this (RFC 9112 section 8); without chunks an orderly close ends the answer, so only a reset
// shows it.
void Connection::cut_body() noexcept {
  std::exchange(answer_.body, nullptr)->release();
  if (!answer_.chunked) return close(Ending::reset);
  begin_lingering();
}

}  // namespace fanlight
