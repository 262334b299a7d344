// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/response_parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

#include "core/check.h"
#include "tests/core/test_picture.h"
#include "tests/core/segments/test_segments.h"

namespace fanlight {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr size_t kHeadMax = 16 << 10;

std::optional<uint64_t> parse_number(std::string_view text, int base = 10) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// The value after `prefix` up to the next CRLF.
std::string_view field(std::string_view head, std::string_view prefix) {
  const size_t at = head.find(prefix);
  if (at == std::string_view::npos) return {};
  head.remove_prefix(at + prefix.size());
  return head.substr(0, head.find("\r\n"));
}

}  // namespace

ResponseParser::ResponseParser(std::vector<bool> head_only) : head_only_(std::move(head_only)) {}

bool ResponseParser::violate(std::string what) {
  if (violation_.empty()) {
    violation_ = std::move(what);
    const std::string_view rest = input_.view().substr(0, 60);
    violation_ += fmt::format(" (frame {}, before: \"{}\")", stream_.frames, rest);
  }
  state_ = State::ended;
  return false;
}

void ResponseParser::feed(std::string_view bytes) {
  if (!violation_.empty()) return;
  input_.push(bytes);
  while (step()) {
  }
}

void ResponseParser::end() {
  if (!violation_.empty()) return;
  switch (state_) {
    case State::head:
      if (!input_.empty()) violate("the connection ended inside a response head");
      return;
    case State::until_end:
      return finish_response();
    case State::ended:
      return;
    case State::sized_body:
    case State::chunk_size:
    case State::chunk:
      violate("the connection ended inside a body");
      return;
    default:
      violate("the stream ended without its closing delimiter");
      return;
  }
}

bool ResponseParser::step() {
  switch (state_) {
    case State::head:
      return parse_head();
    case State::sized_body:
      return parse_sized_body();
    case State::chunk_size:
      return parse_chunk_size();
    case State::chunk:
      return parse_chunk();
    case State::first_delimiter:
      return parse_first_delimiter();
    case State::part_head:
      return parse_part_head();
    case State::sized_picture:
      return parse_sized_picture();
    case State::unsized_picture:
      return parse_unsized_picture();
    case State::after_picture:
      return parse_after_picture();
    case State::until_end:
      responses_.back().body += input_.view();
      input_.clear();
      return false;
    case State::ended:
      if (!input_.empty()) return violate("bytes after the end");
      return false;
  }
  return false;
}

// --- heads and ordinary bodies ---

bool ResponseParser::parse_head() {
  const size_t end = input_.view().find(kEnd);
  if (end == std::string_view::npos) {
    return input_.size() > kHeadMax ? violate("a response head without an end") : false;
  }
  ParsedResponse response;
  std::string_view head = input_.view().substr(0, end + 2);
  const std::string_view status_line = head.substr(0, head.find("\r\n"));
  const auto status = parse_number(status_line.substr(std::min<size_t>(9, status_line.size()), 3));
  if (!status_line.starts_with("HTTP/1.") || status_line.size() < 13 || !status) {
    return violate("not a status line");
  }
  response.version = status_line.substr(0, 8);
  response.status = static_cast<int>(*status);
  head.remove_prefix(status_line.size() + 2);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos || line.find_first_of("\r\n") != std::string_view::npos) {
      return violate("not a header field");
    }
    if (!response.headers.emplace(lower(line.substr(0, colon)), line.substr(colon + 2)).second) {
      return violate("a header field twice");
    }
    head.remove_prefix(line.size() + 2);
  }
  input_.pop(end + kEnd.size());
  responses_.push_back(std::move(response));
  choose_body(responses_.back());
  return true;
}

void ResponseParser::choose_body(ParsedResponse& response) {
  if (response.status == 101) {  // another protocol until the end
    ++answered_;
    state_ = State::until_end;
    return;
  }
  if (response.status < 200) {  // 100 Continue: the final response follows
    response.complete = true;
    return;
  }
  const bool head_only = answered_ < head_only_.size() && head_only_[answered_];
  ++answered_;
  if (head_only || response.status == 204 || response.status == 304) return finish_response();
  auto& headers = response.headers;
  constexpr std::string_view kStream = "multipart/x-mixed-replace; boundary=";
  const std::string type = headers["content-type"];
  if (std::string_view(type).starts_with(kStream)) {
    stream_.boundary = type.substr(kStream.size());
    state_ = State::first_delimiter;
  } else if (headers["transfer-encoding"] == "chunked") {
    state_ = State::chunk_size;
  } else if (!headers["content-length"].empty()) {
    const auto size = parse_number(headers["content-length"]);
    if (!size) {
      violate("not a Content-Length");
      return;
    }
    size_left_ = *size;
    state_ = State::sized_body;
  } else {
    state_ = State::until_end;
  }
}

void ResponseParser::finish_response() {
  responses_.back().complete = true;
  state_ = State::head;
}

bool ResponseParser::parse_sized_body() {
  const std::string_view part = input_.view().substr(0, size_left_);
  responses_.back().body += part;
  size_left_ -= part.size();
  input_.pop(part.size());
  if (size_left_ > 0) return false;
  finish_response();
  return true;
}

bool ResponseParser::parse_chunk_size() {
  const size_t end = input_.view().find("\r\n");
  if (end == std::string_view::npos) {
    return input_.size() > 16 ? violate("a chunk size without an end") : false;
  }
  const auto size = parse_number(input_.view().substr(0, end), 16);
  if (!size) return violate("not a chunk size");
  size_left_ = *size;
  input_.pop(end + 2);
  state_ = State::chunk;
  return true;
}

bool ResponseParser::parse_chunk() {
  if (input_.size() < size_left_ + 2) return false;
  if (input_.view().substr(size_left_, 2) != "\r\n") return violate("a chunk longer than its size");
  responses_.back().body += input_.view().substr(0, size_left_);
  input_.pop(size_left_ + 2);
  state_ = State::chunk_size;
  if (size_left_ == 0) finish_response();  // the last chunk; no trailers are sent
  return true;
}

// --- streams of pictures ---

// True if the input begins with `text`; it is a violation if it no longer can.
bool ResponseParser::begins_with(std::string_view text) {
  const std::string_view input = input_.view().substr(0, text.size());
  if (!text.starts_with(input)) return violate(fmt::format("expected \"{}\"", text));
  return input.size() == text.size();
}

bool ResponseParser::parse_first_delimiter() {
  const std::string delimiter = "--" + stream_.boundary + "\r\n";
  if (!begins_with(delimiter)) return false;
  input_.pop(delimiter.size());
  state_ = State::part_head;
  return true;
}

bool ResponseParser::parse_part_head() {
  if (input_.view().starts_with('\r')) {
    // The stream ends here: an empty part after the delimiter that was sent with the last part.
    state_ = State::after_picture;
    return true;
  }
  const size_t end = input_.view().find(kEnd);
  if (end == std::string_view::npos) {
    return input_.size() > 300 ? violate("a part's head without an end") : false;
  }
  const std::string head(input_.view().substr(0, end + kEnd.size()));
  const bool advance = head == "Content-Type: image/jpeg\r\n\r\n";
  if (stream_.frames == 0) stream_.advance = advance;
  if (advance != stream_.advance) return violate("plain and advance form are mixed");
  if (!advance) read_part_head(head);
  if (!violation_.empty()) return false;
  input_.pop(head.size());
  state_ = advance ? State::unsized_picture : State::sized_picture;
  return true;
}

// The head must be the one that a server writes for its values, byte for byte.
void ResponseParser::read_part_head(std::string_view head) {
  const std::string_view timestamp = field(head, "X-Timestamp: ");
  const std::string_view slate = field(head, "X-Slate: ");
  const auto size = parse_number(field(head, "Content-Length: "));
  const auto sequence = parse_number(field(head, "X-Sequence: "));
  const size_t point = timestamp.find('.');
  if (!size || !sequence || point == std::string_view::npos || timestamp.size() != point + 7) {
    violate("a part's head without its fields");
    return;
  }
  std::string expected = fmt::format(
      "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: {}\r\nX-Sequence: {}\r\n",
      *size, timestamp, *sequence);
  if (!slate.empty()) expected += fmt::format("X-Slate: {}\r\n", slate);
  if (head != expected + "\r\n") {
    violate("a part's head in another form");
    return;
  }
  // Seconds of equal length and fixed decimals compare like text.
  if (timestamp.size() == last_timestamp_.size() && timestamp < last_timestamp_) {
    violate("X-Timestamp went back");
    return;
  }
  last_timestamp_ = timestamp;
  part_head_ = head;
  size_left_ = *size;
  head_sequence_ = *sequence;
  is_slate_ = !slate.empty();
}

bool ResponseParser::parse_sized_picture() {
  if (input_.size() < size_left_) return false;
  check_picture(input_.view().substr(0, size_left_));
  if (!violation_.empty()) return false;
  input_.pop(size_left_);
  state_ = State::after_picture;
  return true;
}

bool ResponseParser::parse_unsized_picture() {
  const std::string delimiter = "\r\n--" + stream_.boundary;
  const size_t end = input_.view().find(delimiter, searched_);
  if (end == std::string_view::npos) {
    searched_ = input_.size() - std::min(input_.size(), delimiter.size());
    return false;
  }
  searched_ = 0;
  if (end > 0) check_picture(input_.view().substr(0, end));
  if (!violation_.empty()) return false;
  const bool closing = input_.view().substr(end + delimiter.size()).starts_with('-');
  if (end == 0 && input_.size() > delimiter.size() && !closing) return violate("an empty picture");
  if (input_.size() == end + delimiter.size() && end == 0) return false;
  input_.pop(end);
  state_ = State::after_picture;
  return true;
}

bool ResponseParser::parse_after_picture() {
  const std::string delimiter = "\r\n--" + stream_.boundary;
  if (!begins_with(delimiter)) return false;
  const std::string_view rest = input_.view().substr(delimiter.size());
  const std::string_view wanted = rest.starts_with('-') ? "--\r\n" : "\r\n";
  if (!wanted.starts_with(rest.substr(0, wanted.size()))) return violate("not a delimiter");
  if (rest.size() < wanted.size()) return false;
  input_.pop(delimiter.size() + wanted.size());
  stream_.closed = wanted.size() > 2;
  if (stream_.closed) responses_.back().complete = true;
  state_ = stream_.closed ? State::ended : State::part_head;
  return true;
}

void ResponseParser::check_picture(std::string_view picture) {
  std::optional<uint64_t> sequence = read_test_picture(picture);
  if (uint64_t changed_at = 0; !sequence && read_divided_picture(picture, changed_at)) {
    // It is also that of the quiet frames after it.
    sequence = test_changed_at(0, head_sequence_) == changed_at ? head_sequence_ : changed_at;
  }
  if (!sequence) {
    violate("a torn picture");
    return;
  }
  if (!stream_.advance && *sequence != head_sequence_) {
    violate("a picture with another's X-Sequence");
    return;
  }
  if (stream_.frames > 0) {
    if (*sequence < stream_.last_sequence) {
      violate(fmt::format("X-Sequence fell from {} to {}", stream_.last_sequence, *sequence));
      return;
    }
    const bool repeated = *sequence == stream_.last_sequence;
    if (repeated && part_head_ != last_head_) {
      violate("a repeat with another head");
      return;
    }
    stream_.repeats += repeated;
    stream_.gaps += repeated ? 0 : *sequence - stream_.last_sequence - 1;
  } else {
    stream_.first_sequence = *sequence;
  }
  last_head_ = part_head_;
  stream_.last_sequence = *sequence;
  stream_.slates += is_slate_;
  stream_.bytes += picture.size();
  ++stream_.frames;
  if (on_frame_) on_frame_(*sequence);
}

}  // namespace fanlight
