// SPDX-License-Identifier: Apache-2.0
// A connection that became a WebSocket: frames of one or more viewers, one at a time, and the
// protocol's control frames between them.
#include <poll.h>

#include "core/check.h"
#include "http/shard/connection.h"
#include "io/tls/tls_session.h"

namespace fanlight {

void Connection::begin(const OpenWebSocket& open) noexcept {
  state_ = State::answering;
  seat_ = open.seat;
  session_ = open;
  note_answer(open.head);
  sender_.send(open.head);
}

void Connection::continue_after_piece(OpenWebSocket& open) noexcept {
  const OpenWebSocket opened = open;
  auto& socket =
      session_.emplace<WebSocket>(opened.cameras, opened.options, *this, services_);
  sender_.register_descriptor();
  if (seat_.may_end()) ensure_timer(seat_.ends);
  // A client that did not wait for the handshake has sent more than the request.
  read_web_socket(socket, exchange_->reader.rest());
  return_exchange();
  if (!read_sealed_web_socket(socket)) return;
  receive_web_socket(socket);
  if (ending_) socket.close(CloseCode::going_away);
  serve_web_socket(socket);
}

// Polls at first: most clients send nothing, and need no buffer.
void Connection::receive_web_socket(WebSocket& socket) noexcept {
  if (socket.input() == nullptr) {
    services_.reactor.submit(receive_, io_uring_prep_poll_add, fd_, unsigned{POLLIN});
    return;
  }
  receive(socket.input()->received);
}

void Connection::web_socket_received(WebSocket& socket, size_t bytes) noexcept {
  if (socket.input() == nullptr) {  // that was the poll
    socket.take_input();
    return receive_web_socket(socket);
  }
  const std::span<char> room = socket.input()->received;
  if (tls_ == nullptr) {
    CHECK(bytes <= room.size());
    read_web_socket(socket, {room.data(), bytes});
  } else {
    tls_session().received(bytes);
    if (!read_sealed_web_socket(socket)) return;
  }
  receive_web_socket(socket);
  // A frame that is being sent is completed first.
  if (socket.has_control() && !is_sending()) serve_web_socket(socket);
}

void Connection::read_web_socket(WebSocket& socket, std::string_view bytes) noexcept {
  while (!bytes.empty() && !socket.is_closed()) {
    WebSocketReader& reader = socket.take_input().reader;
    const WebSocketReader::Result result = reader.read(bytes);
    bytes.remove_prefix(result.taken);
    switch (result.event) {
      case WebSocketReader::Event::none:
        CHECK(bytes.empty());
        break;
      case WebSocketReader::Event::ping:
        socket.answer_ping(reader.payload());
        break;
      case WebSocketReader::Event::closed:
      case WebSocketReader::Event::failed:
        socket.close(reader.close_code());
        break;
    }
  }
}

void Connection::continue_after_piece(WebSocket& socket) noexcept {
  if (Viewer* viewer = sender_.take_viewer()) {
    note_frame_sent(*viewer);
    socket.note_served(*viewer);
  }
  serve_web_socket(socket);
}

// Nothing is being sent. Control frames are sent before the next picture, and nothing after a
// close.
void Connection::serve_web_socket(WebSocket& socket) noexcept {
  if (socket.has_control()) return sender_.send(socket.next_control());
  if (socket.is_closed()) return begin_lingering();
  socket.settle();
}

void Connection::end_web_socket(WebSocket& socket, CloseCode code) noexcept {
  socket.close(code);
  if (!is_sending()) serve_web_socket(socket);
}

}  // namespace fanlight
