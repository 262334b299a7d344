// SPDX-License-Identifier: Apache-2.0
// A WebSocket in both directions: what a client sends to us, and what an upstream sends to a relay
// (RFC 6455 section 5). The same events however the bytes arrive, within the limits.
#include <fmt/core.h>

#include <string>

#include "core/check.h"
#include "core/web_socket/client_frame.h"
#include "core/web_socket/message_reader.h"
#include "http/protocol/web_socket_reader.h"
#include "tests/fuzz/pieces.h"

namespace fanlight {
namespace {

// Whether the reader has ended.
bool read_client(WebSocketReader& reader, std::string_view bytes, std::string& seen) {
  using Event = WebSocketReader::Event;
  while (!bytes.empty()) {
    const WebSocketReader::Result result = reader.read(bytes);
    CHECK(result.taken <= bytes.size());
    bytes.remove_prefix(result.taken);
    switch (result.event) {
      case Event::none:
        CHECK(bytes.empty());
        break;
      case Event::ping:
        CHECK(reader.payload().size() <= kWebSocketControlBytesMax);
        seen += fmt::format("ping {}\n", reader.payload());
        break;
      case Event::closed:
      case Event::failed:
        seen += fmt::format("{} {}\n", result.event == Event::closed ? "closed" : "failed",
                            static_cast<unsigned>(reader.close_code()));
        return true;
    }
  }
  return false;
}

std::string from_client(const Pieces& pieces) {
  WebSocketReader reader;
  std::string seen;
  for (const std::string_view piece : pieces) {
    if (read_client(reader, piece, seen)) break;
  }
  return seen;
}

// The pieces of messages are joined: how they are cut follows from how the bytes arrived.
struct Messages {
  bool read(MessageReader& reader, std::string_view bytes) {
    using Event = MessageReader::Event;
    for (;;) {
      switch (reader.read(bytes)) {
        case Event::none:
          CHECK(bytes.empty());
          return false;
        case Event::piece:
          seen += reader.piece();
          if (reader.is_last()) seen += reader.is_text() ? "\ntext\n" : "\nbinary\n";
          break;
        case Event::ping:
          CHECK(reader.control().size() <= kWebSocketControlBytesMax);
          pings += fmt::format("{}\n", reader.control());
          break;
        case Event::closed:
          seen += fmt::format("closed {}", reader.close_code());
          return true;
        case Event::failed:
          CHECK(!reader.problem().empty());
          seen += fmt::format("failed: {}", reader.problem());
          return true;
      }
    }
  }

  bool operator==(const Messages&) const = default;

  std::string seen;
  std::string pings;
};

Messages from_server(const Pieces& pieces) {
  MessageReader reader;
  Messages messages;
  for (const std::string_view piece : pieces) {
    if (messages.read(reader, piece)) break;
  }
  return messages;
}

// Our own client's frames are read by our own server.
void check_ping(std::string_view payload) {
  const std::string frame =
      make_client_frame(WebSocketOpcode::ping, payload.substr(0, kWebSocketControlBytesMax));
  WebSocketReader reader;
  const WebSocketReader::Result result = reader.read(frame);
  CHECK(result.event == WebSocketReader::Event::ping && result.taken == frame.size());
  CHECK(reader.payload() == payload.substr(0, kWebSocketControlBytesMax));
}

}  // namespace

void fuzz(std::string_view input) {
  read_in_any_pieces(input, from_client);
  read_in_any_pieces(input, from_server);
  check_ping(input);
}

}  // namespace fanlight
