// SPDX-License-Identifier: Apache-2.0
#include "core/web_socket/message_reader.h"

#include <algorithm>

namespace fanlight {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;  // extensions, which were not asked for
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLengthOf2Bytes = 126;
constexpr unsigned kLengthOf8Bytes = 127;

}  // namespace

MessageReader::Event MessageReader::read(std::string_view& bytes) noexcept {
  for (;;) {
    if (!in_payload_ && !read_header(bytes)) return problem_.empty() ? Event::none : Event::failed;
    const Event event = is_control() ? read_control(bytes) : read_piece(bytes);
    if (event != Event::none || bytes.empty()) return event;
  }
}

// False if more bytes are needed, or if there is a problem.
bool MessageReader::read_header(std::string_view& bytes) noexcept {
  while (header_taken_ < header_size()) {
    if (bytes.empty()) return false;
    header_[header_taken_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
  }
  header_taken_ = 0;
  return begin_frame();
}

// As far as it is known.
size_t MessageReader::header_size() const noexcept {
  if (header_taken_ < 2) return 2;
  const unsigned code = header_[1] & 0x7f;
  return code == kLengthOf2Bytes ? 4 : code == kLengthOf8Bytes ? 10 : 2;
}

bool MessageReader::begin_frame() noexcept {
  if ((header_[0] & kReserved) != 0) return fail("a frame of an unknown extension");
  if ((header_[1] & kMasked) != 0) return fail("a masked frame from a server");
  is_final_ = (header_[0] & kFinal) != 0;
  left_ = header_[1] & 0x7f;
  const size_t bytes = left_ == kLengthOf2Bytes ? 2 : left_ == kLengthOf8Bytes ? 8 : 0;
  if (bytes > 0) left_ = 0;
  for (size_t i = 0; i < bytes; ++i) left_ = left_ << 8 | header_[2 + i];
  if (left_ >> 63 != 0) return fail("an impossible length");
  if (!fits(static_cast<WebSocketOpcode>(header_[0] & 0xf))) return false;
  in_payload_ = true;
  control_size_ = 0;
  return true;
}

// Whether a frame of this kind may come now.
bool MessageReader::fits(WebSocketOpcode opcode) noexcept {
  opcode_ = opcode;
  switch (opcode) {
    case WebSocketOpcode::continuation:
      if (!in_message_) return fail("a continuation of nothing");
      break;
    case WebSocketOpcode::text:
    case WebSocketOpcode::binary:
      if (in_message_) return fail("a message within another one");
      is_text_ = opcode == WebSocketOpcode::text;
      break;
    case WebSocketOpcode::close:
    case WebSocketOpcode::ping:
    case WebSocketOpcode::pong:
      if (!is_final_ || left_ > kWebSocketControlBytesMax) return fail("a control frame too long");
      return true;
    default:
      return fail("a frame of an unknown kind");
  }
  in_message_ = !is_final_;
  return true;
}

MessageReader::Event MessageReader::read_piece(std::string_view& bytes) noexcept {
  if (bytes.empty() && left_ > 0) return Event::none;
  piece_ = bytes.substr(0, std::min<uint64_t>(left_, bytes.size()));
  bytes.remove_prefix(piece_.size());
  left_ -= piece_.size();
  in_payload_ = left_ > 0;
  is_last_ = is_final_ && !in_payload_;
  return Event::piece;
}

MessageReader::Event MessageReader::read_control(std::string_view& bytes) noexcept {
  const std::string_view part = bytes.substr(0, std::min<uint64_t>(left_, bytes.size()));
  std::copy(part.begin(), part.end(), control_.data() + control_size_);
  control_size_ += part.size();
  bytes.remove_prefix(part.size());
  left_ -= part.size();
  if (left_ > 0) return Event::none;
  in_payload_ = false;
  return end_control();
}

MessageReader::Event MessageReader::end_control() noexcept {
  if (opcode_ == WebSocketOpcode::ping) return Event::ping;
  if (opcode_ == WebSocketOpcode::pong) return Event::none;
  if (control_size_ == 1) {
    fail("half a code in its close");
    return Event::failed;
  }
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(control_[at]); };
  close_code_ = control_size_ == 0 ? 0 : byte(0) * 256u + byte(1);
  return Event::closed;
}

bool MessageReader::fail(std::string_view problem) noexcept {
  problem_ = problem;
  return false;
}

}  // namespace fanlight
