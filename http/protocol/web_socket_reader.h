// SPDX-License-Identifier: Apache-2.0
// WebSocketReader: parses what a client sends on a WebSocket (RFC 6455 section 5).
//
// Viewers need not send anything, so messages are measured and discarded, texts after a check that
// they are UTF-8 (section 5.6); only pings and the close matter. It takes any number of bytes at a
// time and keeps only the incomplete header or control frame.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/web_socket/opcode.h"
#include "http/protocol/utf8_check.h"

namespace fanlight {

// Status codes of a close (RFC 6455 section 7.4.1).
enum class CloseCode : uint16_t {
  none = 0,  // a close without a code
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  bad_text = 1007,  // a text that is not UTF-8
  policy = 1008,    // the right to watch has ended
  too_big = 1009,
};

// Owns: its place in the stream of frames. Thread: one.
// Invariant: read() is not called again after `closed` or `failed`.
class WebSocketReader {
 public:
  static constexpr size_t kMessageBytesMax = 64 << 10;  // longer ones fail with too_big

  enum class Event : uint8_t {
    none,    // all bytes were taken, nothing to do
    ping,    // payload() must be sent back
    closed,  // the client closes, with close_code()
    failed,  // the client broke the protocol: close with close_code()
  };
  struct Result {
    Event event;
    size_t taken;  // bytes; pass the rest again
  };

  Result read(std::string_view bytes) noexcept;

  // The payload of a ping; valid until the next read().
  std::string_view payload() const noexcept { return {control_.data(), control_size_}; }
  CloseCode close_code() const noexcept { return close_code_; }

 private:
  size_t read_header(std::string_view bytes) noexcept;
  size_t header_size() const noexcept;
  bool begin_frame() noexcept;
  bool begin_control_frame(uint64_t length) noexcept;
  bool begin_data_frame(uint64_t length) noexcept;
  size_t read_payload(std::string_view bytes) noexcept;
  bool check_text(std::string_view masked) noexcept;
  Event end_frame() noexcept;
  Event end_close() noexcept;
  bool fail(CloseCode code) noexcept;

  bool is_control() const noexcept { return opcode_ >= WebSocketOpcode::close; }

  std::array<unsigned char, 14> header_;  // of the frame, as far as it has arrived
  size_t header_taken_ = 0;
  bool in_payload_ = false;
  bool failed_ = false;
  bool in_message_ = false;  // more fragments of it follow
  bool is_text_ = false;     // the message
  Utf8Check text_;           // its characters so far
  WebSocketOpcode opcode_ = WebSocketOpcode::continuation;
  uint64_t payload_left_ = 0;
  size_t payload_taken_ = 0;
  uint64_t message_bytes_ = 0;
  std::array<char, kWebSocketControlBytesMax> control_;
  size_t control_size_ = 0;
  CloseCode close_code_ = CloseCode::none;
};

}  // namespace fanlight
