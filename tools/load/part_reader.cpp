// SPDX-License-Identifier: Apache-2.0
#include "tools/load/part_reader.h"

#include <algorithm>

#include "core/check.h"
#include "core/to_number.h"
#include "tools/load/header_field.h"

namespace fanlight {
namespace {

constexpr std::string_view kStartOfImage = "\xff\xd8";
constexpr std::string_view kEndOfImage = "\xff\xd9";
constexpr size_t kAfterBoundary = 2;  // CRLF, or the dashes of the closing delimiter

}  // namespace

PartReader::PartReader(uint32_t check_every, uint32_t first_check)
    : check_every_(check_every), parts_until_check_(first_check) {
  CHECK(check_every > 0 && first_check < check_every);
}

PartReader::Event PartReader::read(std::string_view& bytes) {
  while (!bytes.empty()) {
    Event event = Event::none;
    switch (state_) {
      case State::body:
        event = read_body(bytes);
        break;
      case State::search:
        event = search_delimiter(bytes);
        break;
      case State::delimiter:
        event = read_delimiter(bytes);
        break;
      case State::epilogue:
        if (is_closing_unproved_) {
          event = lose_framing();
        } else {
          bytes = {};
        }
        break;
      case State::refused:
        bytes = {};
        break;
      case State::status_line:
      case State::response_head:
      case State::preamble:
      case State::part_head:
        if (const auto line = take_line(bytes)) event = on_line(*line);
        break;
    }
    if (event != Event::none) return event;
  }
  return Event::none;
}

size_t PartReader::discardable() const {
  if (state_ == State::body && !looks_) return body_left_ + delimiter_size_ + kAfterBoundary;
  return 0;
}

PartReader::Event PartReader::discard(size_t count) {
  CHECK(count <= discardable());
  const uint64_t of_body = std::min<uint64_t>(count, body_left_);
  body_left_ -= of_body;
  if (body_left_ > 0) return Event::none;
  const Event event = finish_body();
  delimiter_matched_ = static_cast<uint8_t>(count - of_body);
  delimiter_was_unseen_ = delimiter_matched_ > 0;
  if (delimiter_matched_ == delimiter_size_ + kAfterBoundary) delimiter_is_complete(false);
  return event;
}

// A line without its CRLF or LF, as soon as it is complete. Valid until the next call.
std::optional<std::string_view> PartReader::take_line(std::string_view& bytes) {
  const size_t end = bytes.find('\n');
  std::string_view piece = bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  std::string_view line = piece;
  if (line_size_ > 0 || end == std::string_view::npos) {
    piece = piece.substr(0, line_.size() - line_size_);
    std::copy(piece.begin(), piece.end(), line_.begin() + line_size_);
    line_size_ = static_cast<uint8_t>(line_size_ + piece.size());
    line = {line_.data(), line_size_};
  }
  if (end == std::string_view::npos) return std::nullopt;
  line_size_ = 0;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

PartReader::Event PartReader::on_line(std::string_view line) {
  switch (state_) {
    case State::status_line: {
      const bool is_http = line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ';
      if (is_http) head_.status = to_number<uint16_t>(line.substr(9, 3)).value_or(0);
      state_ = head_.status == 0 ? State::refused : State::response_head;
      return head_.status == 0 ? Event::head : Event::none;
    }
    case State::response_head:
      return on_response_line(line);
    case State::preamble:
      on_preamble_line(line);
      return Event::none;
    default:
      return on_part_line(line);
  }
}

PartReader::Event PartReader::on_response_line(std::string_view line) {
  if (line.empty()) {
    const bool is_stream = head_.status == 200 && head_.is_multipart && !head_.is_chunked;
    state_ = is_stream ? State::preamble : State::refused;
    return Event::head;
  }
  const HeaderField field = split_field(line);
  if (field.is("Content-Type")) on_content_type(field.value);
  if (field.is("Retry-After")) head_.has_retry_after = true;
  if (field.is("Transfer-Encoding")) head_.is_chunked = true;
  return Event::none;
}

void PartReader::on_content_type(std::string_view value) {
  constexpr std::string_view kBefore = "\r\n--";
  const std::string_view boundary = find_boundary(value);
  if (boundary.empty() || boundary.size() + kBefore.size() > delimiter_.size()) return;
  std::copy(kBefore.begin(), kBefore.end(), delimiter_.begin());
  std::copy(boundary.begin(), boundary.end(), delimiter_.begin() + kBefore.size());
  delimiter_size_ = static_cast<uint8_t>(kBefore.size() + boundary.size());
  head_.is_multipart = true;
}

void PartReader::on_preamble_line(std::string_view line) {
  const std::string_view expected = delimiter().substr(2);
  if (line != expected) {
    // Some cameras put the delimiter's dashes into the parameter too.
    const std::string_view parameter = expected.substr(2);
    if (!parameter.starts_with("--") || line != parameter) return;
    std::copy(parameter.begin(), parameter.end(), delimiter_.begin() + 2);
    delimiter_size_ = static_cast<uint8_t>(delimiter_size_ - 2);
  }
  delimiter_is_complete(false);
}

PartReader::Event PartReader::on_part_line(std::string_view line) {
  if (at_first_line_) {
    at_first_line_ = false;
    // Not earlier: the delimiter can be complete while the part's event is still to be returned.
    part_ = {};
    length_.reset();
    if (line.empty() && delimiter_was_unseen_) {
      // The unseen bytes ended in dashes: this is the end, if nothing more arrives.
      state_ = State::epilogue;
      is_closing_unproved_ = true;
      return Event::none;
    }
    if (!is_expected_first_line(line)) return lose_framing();
  }
  if (line.empty()) return begin_body();
  const HeaderField field = split_field(line);
  if (field.is("Content-Length")) {
    length_ = to_number<uint64_t>(field.value);
  } else if (field.is("X-Timestamp")) {
    part_.timestamp_us = parse_microseconds(field.value);
  } else if (field.is("X-Sequence")) {
    part_.sequence = to_number<uint64_t>(field.value);
  }
  return Event::none;
}

bool PartReader::is_expected_first_line(std::string_view line) {
  const uint32_t name = hash_of_name(line);
  if (!delimiter_was_unseen_) {
    if (first_name_ == 0) first_name_ = name;
    return true;
  }
  return name != 0 && name == first_name_;
}

PartReader::Event PartReader::begin_body() {
  looks_ = parts_until_check_ == 0 || !length_;
  parts_until_check_ = parts_until_check_ == 0 ? check_every_ - 1 : parts_until_check_ - 1;
  seen_ = 0;
  skips_ = false;
  delimiter_matched_ = 0;
  if (!length_) {
    state_ = State::search;
    return Event::none;
  }
  body_left_ = *length_;
  state_ = State::body;
  return body_left_ == 0 ? finish_body() : Event::none;
}

PartReader::Event PartReader::read_body(std::string_view& bytes) {
  const std::string_view piece = bytes.substr(0, body_left_);
  bytes.remove_prefix(piece.size());
  if (looks_) look_at(piece);
  body_left_ -= piece.size();
  return body_left_ == 0 ? finish_body() : Event::none;
}

PartReader::Event PartReader::finish_body() {
  state_ = State::delimiter;
  delimiter_matched_ = 0;
  delimiter_was_unseen_ = false;
  part_.bytes = length_.value_or(seen_);
  part_.was_looked_at = looks_;
  return looks_ && !is_whole_jpeg() ? Event::torn : Event::part;
}

PartReader::Event PartReader::read_delimiter(std::string_view& bytes) {
  while (!bytes.empty()) {
    const char c = bytes.front();
    if (delimiter_matched_ < delimiter_size_) {
      if (c != delimiter_[delimiter_matched_]) return lose_framing();
    } else if (delimiter_matched_ == delimiter_size_) {
      if (c != '\r' && c != '-') return lose_framing();
      after_boundary_ = c;
    } else {
      // When the previous byte was discarded, this one determines what it was.
      const bool closing = c == '-';
      if (!closing && c != '\n') return lose_framing();
      if (after_boundary_ != 0 && closing != (after_boundary_ == '-')) return lose_framing();
      bytes.remove_prefix(1);
      delimiter_is_complete(closing);
      return Event::none;
    }
    bytes.remove_prefix(1);
    ++delimiter_matched_;
  }
  return Event::none;
}

void PartReader::delimiter_is_complete(bool closing) {
  after_boundary_ = 0;
  delimiter_matched_ = 0;
  is_closing_unproved_ = false;
  if (closing) {
    state_ = State::epilogue;
    return;
  }
  state_ = State::part_head;
  at_first_line_ = true;
}

// Finds the delimiter in bytes of unknown length. CR occurs in it only at its beginning, so after a
// mismatch the search restarts at the byte that did not match.
PartReader::Event PartReader::search_delimiter(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (delimiter_matched_ == 0) {
      const size_t found = std::min(bytes.find('\r'), bytes.size());
      look_at(bytes.substr(0, found));
      bytes.remove_prefix(found);
      if (bytes.empty()) return Event::none;
    }
    if (bytes.front() != delimiter_[delimiter_matched_]) {
      look_at(delimiter().substr(0, delimiter_matched_));
      delimiter_matched_ = 0;
      if (bytes.front() == '\r') continue;
      look_at(bytes.substr(0, 1));
      bytes.remove_prefix(1);
      continue;
    }
    bytes.remove_prefix(1);
    if (++delimiter_matched_ < delimiter_size_) continue;
    const Event event = skips_ ? Event::none : finish_body();
    state_ = State::delimiter;
    delimiter_matched_ = delimiter_size_;
    delimiter_was_unseen_ = false;
    return event;
  }
  return Event::none;
}

void PartReader::look_at(std::string_view bytes) {
  for (size_t i = 0; seen_ + i < first_.size() && i < bytes.size(); ++i) {
    first_[seen_ + i] = bytes[i];
  }
  if (bytes.size() >= last_.size()) {
    last_ = {bytes[bytes.size() - 2], bytes[bytes.size() - 1]};
  } else if (bytes.size() == 1) {
    last_ = {last_[1], bytes[0]};
  }
  seen_ += bytes.size();
}

bool PartReader::is_whole_jpeg() const {
  return seen_ >= first_.size() + last_.size() &&
         std::string_view(first_.data(), first_.size()) == kStartOfImage &&
         std::string_view(last_.data(), last_.size()) == kEndOfImage;
}

PartReader::Event PartReader::lose_framing() {
  state_ = State::search;
  skips_ = true;
  delimiter_matched_ = 0;
  after_boundary_ = 0;
  is_closing_unproved_ = false;
  line_size_ = 0;
  return Event::torn;
}

}  // namespace fanlight
