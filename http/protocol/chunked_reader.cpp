// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/chunked_reader.h"

#include <algorithm>

#include "core/ascii.h"
#include "http/protocol/token.h"

namespace fanlight {
namespace {

// No body is that long; the limit of a request is far below.
constexpr uint64_t kChunkBytesMax = uint64_t{1} << 48;

// HTAB, or anything visible or blank (RFC 9110 section 5.5).
bool is_value_character(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

ChunkedReader::Result ChunkedReader::decode(std::span<char> coding) noexcept {
  size_t taken = 0, data = 0;
  while (taken < coding.size() && state_ != State::done) {
    if (state_ == State::data) {
      const auto count = static_cast<size_t>(std::min<uint64_t>(left_, coding.size() - taken));
      std::copy_n(coding.data() + taken, count, coding.data() + data);
      taken += count;
      data += count;
      left_ -= count;
      if (left_ == 0) state_ = State::data_return;
      continue;
    }
    if (++framing_ > kFramingBytesMax) return {Status::too_long, taken, data};
    if (!step(coding[taken++])) return {Status::bad, taken, data};
  }
  return {state_ == State::done ? Status::done : Status::more, taken, data};
}

bool ChunkedReader::go(bool allowed, State next) noexcept {
  state_ = next;
  return allowed;
}

bool ChunkedReader::step(char c) noexcept {
  switch (state_) {
    case State::size_begin:
    case State::size:
    case State::size_blank:
    case State::extension:
      return step_size(c);
    case State::size_line_feed:
      return go(c == '\n', left_ == 0 ? State::trailer_begin : State::data);
    case State::data_return:
      return go(c == '\r', State::data_line_feed);
    case State::data_line_feed:
      return go(c == '\n', State::size_begin);
    default:
      return step_trailer(c);
  }
}

// 1*HEXDIG [ BWS ";" ... ] CR. Blanks without an extension behind them are not in the grammar.
bool ChunkedReader::step_size(char c) noexcept {
  if (state_ == State::extension) {
    return c == '\r' ? go(true, State::size_line_feed) : is_value_character(c);
  }
  if (state_ != State::size_blank && take_digit(c)) return left_ <= kChunkBytesMax;
  if (state_ == State::size_begin) return false;
  if (is_blank(c)) return go(true, State::size_blank);
  if (c == ';') return go(true, State::extension);
  return go(c == '\r' && state_ == State::size, State::size_line_feed);
}

bool ChunkedReader::take_digit(char c) noexcept {
  const char small = lower(c);
  const bool is_letter = small >= 'a' && small <= 'f';
  if (!is_letter && (c < '0' || c > '9')) return false;
  left_ = left_ * 16 + static_cast<uint64_t>(is_letter ? small - 'a' + 10 : c - '0');
  state_ = State::size;
  return true;
}

// *( field-line CRLF ) CRLF
bool ChunkedReader::step_trailer(char c) noexcept {
  switch (state_) {
    case State::trailer_begin:
      if (c == '\r') return go(true, State::end_line_feed);
      return go(is_token_character(c), State::trailer_name);
    case State::trailer_name:
      return c == ':' ? go(true, State::trailer_value) : is_token_character(c);
    case State::trailer_value:
      return c == '\r' ? go(true, State::trailer_line_feed) : is_value_character(c);
    case State::trailer_line_feed:
      return go(c == '\n', State::trailer_begin);
    case State::end_line_feed:
      return go(c == '\n', State::done);
    default:
      return false;
  }
}

}  // namespace fanlight
