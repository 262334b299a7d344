// SPDX-License-Identifier: Apache-2.0
// The body of a request, and the camera's thread that may receive it.
#include <algorithm>
#include <utility>

#include "core/check.h"
#include "http/answer/control.h"
#include "http/answer/dispatch.h"
#include "http/shard/connection.h"

namespace fanlight {
namespace {

// A longer body is refused instead of being read and discarded.
constexpr uint64_t kBodyBytesMax = 64 << 10;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

// The body follows the head in the stream, so it must be read to reach the next request.
void Connection::begin_body() noexcept {
  const Request& request = exchange_->parser.request();
  if (request.content_length > kBodyBytesMax) return refuse(413, "the request body is too long");
  state_ = State::reading_body;
  body_left_ = request.content_length;
  keeps_body_ = wants_body(services_, request);
  const bool body_began = exchange_->input().size() > request.head_size;
  if (request.expects_continue && request.minor_version >= 1 && !body_began) {
    piece_ = Piece(kContinue);
    return send();  // on_sent() continues
  }
  read_body();
}

void Connection::read_body() noexcept {
  RequestParser& parser = exchange_->parser;
  const Request& request = parser.request();
  const std::string_view behind = exchange_->input().substr(request.head_size);
  if (!keeps_body_) {
    throw_body_away();
  } else if (behind.size() >= request.content_length) {
    parser.take_body(behind.substr(0, request.content_length));
    body_left_ = 0;
  }
  if (body_left_ == 0) return respond(Waited::no);
  // A head that fills the buffer leaves no room to receive the body.
  if (exchange_->input_room().empty()) return refuse(413, "the head leaves no room for a body");
  receive();
}

// The head stays, because the answer is made from it. The body after it is removed.
void Connection::throw_body_away() noexcept {
  const size_t head_size = exchange_->parser.request().head_size;
  const size_t behind = exchange_->input().size() - head_size;
  const size_t bytes = std::min<uint64_t>(behind, body_left_);
  exchange_->erase_input(head_size, bytes);
  body_left_ -= bytes;
}

// ---- the camera ----

void Connection::ask_camera() noexcept {
  const std::string_view body = exchange_->parser.request().body;
  control_request_ = answer_.panel->ask(
      body, services_.mailbox, this,
      [](void* owner, ControlOutcome outcome, std::string_view words) noexcept {
        static_cast<Connection*>(owner)->camera_answered(status_of(outcome), words);
      });
  if (control_request_ == nullptr) {
    return start_answer(answer_for_camera(services_, {fd_}, exchange_->parser.request(),
                                          exchange_->output(), 503,
                                          "too many pending requests for the camera"));
  }
  services_.stats.control_requests.add();
  state_ = State::awaiting_camera;
  deadline_ = services_.now() + kControlWait;
  ensure_timer(deadline_);
}

void Connection::camera_answered(int status, std::string_view words) noexcept {
  CHECK(state_ == State::awaiting_camera);
  control_request_ = nullptr;
  start_answer(answer_for_camera(services_, {fd_}, exchange_->parser.request(), exchange_->output(),
                                 status, words));
}

// The client has left, or has waited long enough. The camera's thread may still be busy with the
// request; its answer will be dropped.
void Connection::give_camera_up() noexcept {
  answer_.panel->abandon(*std::exchange(control_request_, nullptr));
}

}  // namespace fanlight
