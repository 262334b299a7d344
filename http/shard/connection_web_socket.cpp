// SPDX-License-Identifier: Apache-2.0
// A connection that became a WebSocket: frames of one or more viewers, one at a time, and the
// protocol's control frames between them.
#include "core/check.h"
#include "http/shard/connection.h"

namespace fanlight {

void Connection::begin(const OpenWebSocket& open) noexcept {
  state_ = State::answering;
  seat_ = open.seat;
  session_ = open;
  sender_.send(open.head);
}

void Connection::continue_after_piece(OpenWebSocket& open) noexcept {
  WebSocket& socket = *open.web_socket;
  session_ = WebSocketStream{&socket};
  socket.join(*this, services_);
  sender_.register_descriptor();
  // A client that did not wait for the handshake has sent more than the request.
  read_web_socket(socket, exchange_->reader.rest());
  return_exchange();
  receive_web_socket(socket);
  if (ending_) socket.close(CloseCode::going_away);
  serve_web_socket(socket);
}

void Connection::receive_web_socket(WebSocket& socket) noexcept {
  const std::span<char> room = socket.input();
  services_.reactor.submit(receive_, io_uring_prep_recv, fd_, room.data(), room.size(), 0);
}

void Connection::web_socket_received(WebSocket& socket, size_t bytes) noexcept {
  const std::span<char> room = socket.input();
  CHECK(bytes <= room.size());
  read_web_socket(socket, {room.data(), bytes});
  receive_web_socket(socket);
  // A frame that is being sent is completed first.
  if (socket.has_control() && !is_sending()) serve_web_socket(socket);
}

void Connection::read_web_socket(WebSocket& socket, std::string_view bytes) noexcept {
  while (!bytes.empty() && !socket.is_closed()) {
    const WebSocketReader::Result result = socket.reader.read(bytes);
    bytes.remove_prefix(result.taken);
    switch (result.event) {
      case WebSocketReader::Event::none:
        CHECK(bytes.empty());
        break;
      case WebSocketReader::Event::ping:
        socket.answer_ping(socket.reader.payload());
        break;
      case WebSocketReader::Event::closed:
      case WebSocketReader::Event::failed:
        socket.close(socket.reader.close_code());
        break;
    }
  }
}

void Connection::continue_after_piece(WebSocketStream& stream) noexcept {
  if (Viewer* viewer = sender_.take_viewer()) {
    note_frame_sent(*viewer);
    stream.socket->note_served(*viewer);
  }
  serve_web_socket(*stream.socket);
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
