// SPDX-License-Identifier: Apache-2.0
// A connection that became a WebSocket: frames of one or more viewers, one at a time, and the
// protocol's control frames between them.
#include "core/check.h"
#include "http/delivery/send_queue.h"
#include "http/shard/connection.h"

namespace fanlight {

void Connection::begin_web_socket() noexcept {
  WebSocket& web_socket = *answer_.web_socket;
  state_ = State::streaming;
  web_socket.join(*this, services_);
  send_.use_registered(services_.reactor.backend().register_descriptor(fd_));
  // A client that did not wait for the handshake has sent more than the request.
  read_web_socket(exchange_->input().substr(exchange_->parser.request().head_size));
  return_exchange();
  const std::span<char> room = web_socket.input();
  services_.reactor.submit(receive_, io_uring_prep_recv, fd_, room.data(), room.size(), 0);
  if (ending_) web_socket.close(CloseCode::going_away);
  web_socket_sent();
}

void Connection::web_socket_received(size_t bytes) noexcept {
  const std::span<char> room = answer_.web_socket->input();
  CHECK(bytes <= room.size());
  read_web_socket({room.data(), bytes});
  services_.reactor.submit(receive_, io_uring_prep_recv, fd_, room.data(), room.size(), 0);
  // A frame that is being sent is completed first.
  if (answer_.web_socket->has_control() && !is_sending()) web_socket_sent();
}

void Connection::read_web_socket(std::string_view bytes) noexcept {
  WebSocket& web_socket = *answer_.web_socket;
  while (!bytes.empty() && !web_socket.is_closed()) {
    const WebSocketReader::Result result = web_socket.reader.read(bytes);
    bytes.remove_prefix(result.taken);
    switch (result.event) {
      case WebSocketReader::Event::none:
        CHECK(bytes.empty());
        break;
      case WebSocketReader::Event::ping:
        web_socket.answer_ping(web_socket.reader.payload());
        break;
      case WebSocketReader::Event::closed:
      case WebSocketReader::Event::failed:
        web_socket.close(web_socket.reader.close_code());
        break;
    }
  }
}

// The kernel has taken what was being sent. Control frames are sent before the next picture, and
// nothing after a close.
void Connection::web_socket_sent() noexcept {
  WebSocket& web_socket = *answer_.web_socket;
  if (web_socket.has_control()) {
    piece_ = web_socket.next_control();
    return send();
  }
  if (web_socket.is_closed()) return begin_lingering();
  web_socket.settle();
}

void Connection::end_web_socket(CloseCode code) noexcept {
  answer_.web_socket->close(code);
  if (!is_sending()) web_socket_sent();
}

}  // namespace fanlight
