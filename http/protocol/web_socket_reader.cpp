// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/web_socket_reader.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"

namespace fanlight {
namespace {

// RFC 6455 section 5.2.
constexpr unsigned char kFinal = 0x80;
constexpr unsigned char kReserved = 0x70;
constexpr unsigned char kOpcode = 0x0f;
constexpr unsigned char kMasked = 0x80;

uint64_t big_endian(const unsigned char* bytes, size_t count) {
  uint64_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number << 8 | bytes[i];
  return number;
}

// The codes that an endpoint may send: those of the protocol, unless reserved for local use, and
// the registered and private ones (RFC 6455 section 7.4).
bool may_be_sent(uint64_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

bool is_utf8(std::string_view text) {
  Utf8Check check;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return check.take(static_cast<unsigned char>(c)); }) &&
         check.is_whole();
}

}  // namespace

WebSocketReader::Result WebSocketReader::read(std::string_view bytes) noexcept {
  CHECK(!failed_);
  size_t taken = 0;
  while (true) {
    if (!in_payload_) {
      taken += read_header(bytes.substr(taken));
      if (failed_) return {Event::failed, taken};
      if (!in_payload_) return {Event::none, taken};
    }
    taken += read_payload(bytes.substr(taken));
    if (failed_) return {Event::failed, taken};
    if (payload_left_ > 0) return {Event::none, taken};
    const Event event = end_frame();
    if (event != Event::none) return {event, taken};
  }
}

// Takes as many bytes as the header still lacks; its second byte gives their number.
size_t WebSocketReader::read_header(std::string_view bytes) noexcept {
  size_t taken = 0;
  while (header_taken_ < header_size()) {
    if (taken == bytes.size()) return taken;
    header_[header_taken_++] = static_cast<unsigned char>(bytes[taken++]);
  }
  in_payload_ = begin_frame();
  return taken;
}

size_t WebSocketReader::header_size() const noexcept {
  if (header_taken_ < 2) return 2;
  const size_t length = header_[1] & ~kMasked;
  const size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  return 2 + extended + ((header_[1] & kMasked) != 0 ? 4 : 0);
}

bool WebSocketReader::begin_frame() noexcept {
  opcode_ = static_cast<WebSocketOpcode>(header_[0] & kOpcode);
  // No extension was negotiated, and a client must mask its frames (sections 5.2 and 5.1).
  if ((header_[0] & kReserved) != 0 || (header_[1] & kMasked) == 0) {
    return fail(CloseCode::protocol_error);
  }
  uint64_t length = header_[1] & ~kMasked;
  if (length == 126) {
    length = big_endian(&header_[2], 2);
    if (length < 126) return fail(CloseCode::protocol_error);  // not the shortest encoding
  } else if (length == 127) {
    length = big_endian(&header_[2], 8);
    if (length <= 0xffff || length >> 63 != 0) return fail(CloseCode::protocol_error);
  }
  payload_left_ = length;
  payload_taken_ = 0;
  return is_control() ? begin_control_frame(length) : begin_data_frame(length);
}

bool WebSocketReader::begin_control_frame(uint64_t length) noexcept {
  const bool known = opcode_ == WebSocketOpcode::close || opcode_ == WebSocketOpcode::ping ||
                     opcode_ == WebSocketOpcode::pong;
  const bool whole = (header_[0] & kFinal) != 0;
  if (!known || !whole || length > kWebSocketControlBytesMax)
    return fail(CloseCode::protocol_error);
  control_size_ = 0;
  return true;
}

bool WebSocketReader::begin_data_frame(uint64_t length) noexcept {
  const bool known = opcode_ == WebSocketOpcode::continuation || opcode_ == WebSocketOpcode::text ||
                     opcode_ == WebSocketOpcode::binary;
  if (!known || (opcode_ == WebSocketOpcode::continuation) != in_message_)
    return fail(CloseCode::protocol_error);
  if (!in_message_) {
    message_bytes_ = 0;
    is_text_ = opcode_ == WebSocketOpcode::text;
    text_ = Utf8Check();
  }
  if (length > kMessageBytesMax - message_bytes_) return fail(CloseCode::too_big);
  message_bytes_ += length;
  in_message_ = (header_[0] & kFinal) == 0;
  return true;
}

size_t WebSocketReader::read_payload(std::string_view bytes) noexcept {
  const auto taken = static_cast<size_t>(std::min<uint64_t>(bytes.size(), payload_left_));
  payload_left_ -= taken;
  if (!is_control()) {
    if (is_text_ && !check_text(bytes.substr(0, taken))) fail(CloseCode::bad_text);
    return taken;
  }
  const unsigned char* mask = &header_[header_size() - 4];
  for (const char c : bytes.substr(0, taken)) {
    control_[control_size_] = static_cast<char>(c ^ mask[control_size_ % 4]);
    ++control_size_;
  }
  return taken;
}

// A character may extend over frames, but not over messages.
bool WebSocketReader::check_text(std::string_view masked) noexcept {
  const unsigned char* mask = &header_[header_size() - 4];
  for (const char c : masked) {
    const auto byte =
        static_cast<unsigned char>(static_cast<unsigned char>(c) ^ mask[payload_taken_++ % 4]);
    if (!text_.take(byte)) return false;
  }
  return payload_left_ > 0 || in_message_ || text_.is_whole();
}

WebSocketReader::Event WebSocketReader::end_frame() noexcept {
  in_payload_ = false;
  header_taken_ = 0;
  if (opcode_ == WebSocketOpcode::ping) return Event::ping;
  return opcode_ == WebSocketOpcode::close ? end_close() : Event::none;
}

// A code of two bytes, and maybe a reason, which must be UTF-8 (section 5.5.1).
WebSocketReader::Event WebSocketReader::end_close() noexcept {
  close_code_ = CloseCode::none;
  if (control_size_ == 0) return Event::closed;
  unsigned char code[2];
  std::memcpy(code, control_.data(), std::min<size_t>(control_size_, 2));
  if (control_size_ == 1 || !may_be_sent(big_endian(code, 2))) {
    fail(CloseCode::protocol_error);
    return Event::failed;
  }
  if (!is_utf8({control_.data() + 2, control_size_ - 2})) {
    fail(CloseCode::bad_text);
    return Event::failed;
  }
  close_code_ = static_cast<CloseCode>(big_endian(code, 2));
  return Event::closed;
}

bool WebSocketReader::fail(CloseCode code) noexcept {
  failed_ = true;
  close_code_ = code;
  return false;
}

}  // namespace fanlight
