// SPDX-License-Identifier: Apache-2.0
#include "capture/multipart_reader.h"

#include <algorithm>
#include <span>
#include <utility>

#include "capture/jpeg_check.h"
#include "core/check.h"
#include "core/part.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

// Nothing that matters is longer: a delimiter has 74 characters at most (RFC 2046 section 5.1.1).
constexpr size_t kLineMax = 256;
// How often the bytes of one part are walked through in search of their end. One is enough for
// cameras; what a stream can cost by faking ends must have a limit.
constexpr int kEndChecksMax = 16;
constexpr std::string_view kStartOfImage = "\xff\xd8";  // ITU-T T.81 table B.1
constexpr std::string_view kEndOfImage = "\xff\xd9";

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool begins_with(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                    [](char a, char b) { return a == lower(b); });
}

bool equals(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() && begins_with(text, lower_case);
}

// The boundary of a Content-Type: `type; boundary=B` or `boundary="B"`. Without quotes all up to a
// semicolon counts, because some cameras have blanks in it.
std::string_view find_boundary(std::string_view content_type) {
  size_t semicolon = content_type.find(';');
  while (semicolon != content_type.npos) {
    std::string_view parameter = trimmed(content_type.substr(semicolon + 1));
    semicolon = content_type.find(';', semicolon + 1);
    const size_t equals_sign = std::min(parameter.find('='), parameter.size());
    if (!equals(trimmed(parameter.substr(0, equals_sign)), "boundary")) continue;
    parameter = trimmed(parameter.substr(std::min(equals_sign + 1, parameter.size())));
    if (!parameter.starts_with('"')) return trimmed(parameter.substr(0, parameter.find(';')));
    parameter.remove_prefix(1);
    return parameter.substr(0, parameter.find('"'));
  }
  return {};
}

std::string_view text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append(std::vector<std::byte>& body, std::string_view bytes) {
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  body.insert(body.end(), begin, begin + bytes.size());
}

// The end of line that belongs to the delimiter behind a body, not to the body.
size_t size_without_newline(std::string_view body) {
  if (!body.ends_with('\n')) return body.size();
  return body.size() - (body.ends_with("\r\n") ? 2 : 1);
}

}  // namespace

std::optional<WallTime> parse_timestamp(std::string_view text) {
  constexpr int64_t kSecondsMin = 1'000'000'000;
  constexpr int64_t kSecondsMax = 9'999'999'999;
  const size_t point = std::min(text.find('.'), text.size());
  const auto seconds = to_number<int64_t>(text.substr(0, point));
  if (!seconds || *seconds < kSecondsMin || *seconds > kSecondsMax) return std::nullopt;
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  fraction.resize(6, '0');
  const auto microseconds = to_number<uint32_t>(fraction);
  if (!microseconds) return std::nullopt;
  return WallTime(std::chrono::microseconds(*seconds * 1'000'000 + *microseconds));
}

MultipartReader::MultipartReader(std::string_view content_type, size_t part_bytes_max)
    : part_bytes_max_(part_bytes_max), boundary_(find_boundary(content_type)) {}

MultipartReader::Event MultipartReader::read(std::string_view& bytes) {
  while (!bytes.empty()) {
    Event event = Event::none;
    switch (state_) {
      case State::body:
        event = read_body(bytes);
        break;
      case State::search:
        event = search_delimiter(bytes);
        break;
      case State::ended:
        bytes = {};
        break;
      default:
        event = read_line(bytes);
        break;
    }
    if (event != Event::none) return event;
  }
  return Event::none;
}

void MultipartReader::take(MultipartPart& other) {
  std::swap(part_, other);
}

// A line without its CRLF or LF, as soon as it is complete. Valid until the next call.
std::optional<std::string_view> MultipartReader::take_line(std::string_view& bytes) {
  if (at_new_line_) line_.clear();
  const size_t newline = bytes.find('\n');
  const std::string_view piece = bytes.substr(0, newline);
  line_.append(piece.substr(0, kLineMax - std::min(line_.size(), kLineMax)));
  const size_t used = std::min(piece.size() + 1, bytes.size());
  bytes.remove_prefix(used);
  line_bytes_ += used;
  at_new_line_ = newline != bytes.npos;
  if (newline == bytes.npos) return std::nullopt;
  std::string_view line = line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

MultipartReader::Event MultipartReader::read_line(std::string_view& bytes) {
  const std::optional<std::string_view> line = take_line(bytes);
  if (line_bytes_ > part_bytes_max_) return refuse();
  if (!line) return Event::none;
  switch (state_) {
    case State::preamble:
      if (!learn_delimiter(*line)) return Event::none;
      [[fallthrough]];
    case State::between:
      if (!line->starts_with(delimiter_)) return Event::none;
      return on_delimiter_rest(line->substr(delimiter_.size()));
    case State::delimiter:
      return on_delimiter_rest(*line);
    default:
      if (line->empty()) return begin_body();
      on_field(*line);
      return Event::none;
  }
}

// A delimiter is two dashes and the boundary. But some cameras announce the dashes too, or leave
// them out, or announce another boundary than they use.
bool MultipartReader::learn_delimiter(std::string_view line) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  const std::string announced = "--" + boundary_;
  if (!boundary_.empty() && (line == announced || line == announced + "--")) {
    delimiter_ = announced;
  } else if (!boundary_.empty() && line == boundary_) {
    delimiter_ = line;
  } else if (line.size() > 2 && line.starts_with("--") && (boundary_.empty() || !has_preamble_)) {
    delimiter_ = line;
  }
  has_preamble_ = has_preamble_ || !line.empty();
  return !delimiter_.empty();
}

// Blanks may stand behind a boundary, and dashes behind the last one (RFC 2046 section 5.1.1).
MultipartReader::Event MultipartReader::on_delimiter_rest(std::string_view rest) {
  if (rest.starts_with("--")) {
    state_ = State::ended;
    return Event::end;
  }
  state_ = trimmed(rest).empty() ? State::head : State::between;
  if (state_ == State::head) begin_part();
  return Event::none;
}

void MultipartReader::begin_part() {
  part_.body.clear();
  part_.captured.reset();
  part_.sequence.reset();
  part_.slate_reason.clear();
  is_picture_ = true;
  length_.reset();
  searched_ = 0;
  end_checks_ = 0;
}

void MultipartReader::on_field(std::string_view line) {
  const size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
  if (equals(name, "content-type")) {
    is_picture_ = begins_with(value, "image/");
  } else if (equals(name, "content-length")) {
    length_ = to_number<size_t>(value);
  } else if (equals(name, "x-timestamp")) {
    part_.captured = parse_timestamp(value);
  } else if (equals(name, "x-sequence")) {
    part_.sequence = to_number<uint64_t>(value);
  } else if (equals(name, "x-slate")) {
    part_.slate_reason = value.substr(0, kSlateReasonMax);
  }
}

MultipartReader::Event MultipartReader::begin_body() {
  at_new_line_ = true;
  if (!length_) {
    state_ = State::search;
    return Event::none;
  }
  if (*length_ > part_bytes_max_) return refuse();
  body_left_ = *length_;
  if (body_left_ == 0) return finish_part(State::between);
  state_ = State::body;
  return Event::none;
}

MultipartReader::Event MultipartReader::read_body(std::string_view& bytes) {
  const std::string_view piece = bytes.substr(0, body_left_);
  append(part_.body, piece);
  bytes.remove_prefix(piece.size());
  body_left_ -= piece.size();
  return body_left_ == 0 ? finish_part(State::between) : Event::none;
}

// All bytes go into the body, and those behind the delimiter are given back. They are all in
// `bytes`: a delimiter is not recognized before the byte behind it has come.
MultipartReader::Event MultipartReader::search_delimiter(std::string_view& bytes) {
  append(part_.body, bytes);
  const std::string_view body = text_of(part_.body);
  size_t at = body.find(delimiter_, searched_);
  while (at != body.npos) {
    const size_t behind = at + delimiter_.size();
    if (behind == body.size()) break;
    if (is_delimiter_at(at)) {
      CHECK(body.size() - behind <= bytes.size());
      bytes.remove_prefix(bytes.size() - (body.size() - behind));
      part_.body.resize(size_without_newline(body.substr(0, at)));
      return finish_part(State::delimiter);
    }
    at = body.find(delimiter_, at + 1);
  }
  bytes = {};
  searched_ = at != body.npos ? at : body.size() - std::min(body.size(), delimiter_.size() - 1);
  if (part_.body.size() > part_bytes_max_) return refuse();
  return ends_whole_jpeg() ? finish_part(State::between) : Event::none;
}

// It begins a line, or stands right behind a picture: some cameras leave the end of line out. A
// boundary of one letter would else be found in the picture.
bool MultipartReader::is_delimiter_at(size_t offset) const {
  const std::string_view body = text_of(part_.body);
  const std::string_view before = body.substr(0, offset);
  constexpr std::string_view kBehind = "\r\n- \t";
  return kBehind.find(body[offset + delimiter_.size()]) != kBehind.npos &&
         (before.empty() || before.ends_with('\n') || before.ends_with(kEndOfImage));
}

// Without a length only the next delimiter proves that a part is complete, and most cameras send it
// together with the next picture: everything would be one picture late. So a picture that ends
// where the bytes that came end is taken for complete.
bool MultipartReader::ends_whole_jpeg() {
  const std::string_view body = text_of(part_.body);
  const size_t size = size_without_newline(body);
  if (!body.substr(0, size).ends_with(kEndOfImage) || end_checks_ == kEndChecksMax) return false;
  ++end_checks_;
  const JpegCheck check = check_jpeg(std::span(part_.body).first(size));
  if (!check.ok() || check.size != size) return false;
  part_.body.resize(size);
  return true;
}

MultipartReader::Event MultipartReader::finish_part(State next) {
  state_ = next;
  line_bytes_ = 0;
  at_new_line_ = true;
  const std::string_view body = text_of(part_.body);
  // Some cameras call their pictures something else.
  return !body.empty() && (is_picture_ || body.starts_with(kStartOfImage)) ? Event::part
                                                                           : Event::none;
}

MultipartReader::Event MultipartReader::refuse() {
  state_ = State::ended;
  return Event::too_large;
}

}  // namespace fanlight
