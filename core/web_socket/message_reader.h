// SPDX-License-Identifier: Apache-2.0
// MessageReader: reads what a server sends on a WebSocket (RFC 6455 section 5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/web_socket/opcode.h"

namespace fanlight {

// Owns: its place in the stream of frames, and an incomplete header or control frame. Messages pass
//   through in pieces, so that whoever needs only their size keeps nothing.
// Thread: one.
// Invariant: read() is not called again after `closed` or `failed`.
class MessageReader {
 public:
  enum class Event : uint8_t {
    none,    // all bytes are used
    piece,   // piece() continues a message, and is_last() tells whether it ends it
    ping,    // control() must be sent back in a pong
    closed,  // with close_code()
    failed,  // problem(): the server broke the protocol
  };

  // Takes the bytes that it uses off the front of `bytes`.
  Event read(std::string_view& bytes) noexcept;

  bool is_text() const { return is_text_; }  // otherwise it is binary
  // Part of the bytes that read() took; may be empty.
  std::string_view piece() const { return piece_; }
  bool is_last() const { return is_last_; }
  // The payload of a ping; valid until the next read().
  std::string_view control() const { return {control_.data(), control_size_}; }
  unsigned close_code() const { return close_code_; }    // 0: none was given
  std::string_view problem() const { return problem_; }  // a constant

 private:
  bool read_header(std::string_view& bytes) noexcept;
  size_t header_size() const noexcept;
  bool begin_frame() noexcept;
  bool fits(WebSocketOpcode opcode) noexcept;
  Event read_piece(std::string_view& bytes) noexcept;
  Event read_control(std::string_view& bytes) noexcept;
  Event end_control() noexcept;
  bool fail(std::string_view problem) noexcept;
  bool is_control() const { return opcode_ >= WebSocketOpcode::close; }

  std::array<unsigned char, 10> header_{};
  size_t header_taken_ = 0;
  bool in_payload_ = false;
  bool in_message_ = false;  // more frames of it follow
  bool is_final_ = false;    // the frame ends its message
  WebSocketOpcode opcode_ = WebSocketOpcode::continuation;
  uint64_t left_ = 0;  // of the frame's payload
  bool is_text_ = false;
  bool is_last_ = false;
  std::string_view piece_;
  std::array<char, kWebSocketControlBytesMax> control_{};
  size_t control_size_ = 0;
  unsigned close_code_ = 0;
  std::string_view problem_;
};

}  // namespace fanlight
