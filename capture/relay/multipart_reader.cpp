// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/multipart_reader.h"

#include <algorithm>
#include <utility>

#include "capture/relay/field_text.h"
#include "core/ascii.h"
#include "core/check.h"
#include "core/part.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

// No relevant line is longer: a delimiter has at most 74 characters (RFC 2046 section 5.1.1).
constexpr size_t kLineMax = 256;
// Bytes of one call after EOI: a delimiter and the head of the next part.
constexpr size_t kTailBytes = 512;
constexpr std::string_view kStartOfImage = "\xff\xd8";  // ITU-T T.81 table B.1
constexpr std::string_view kEndOfImage = "\xff\xd9";

std::string_view text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append(std::vector<std::byte>& body, std::string_view bytes) {
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  body.insert(body.end(), begin, begin + bytes.size());
}

bool may_begin_name(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

// The line end that belongs to the delimiter after a body, not to the body.
size_t size_without_newline(std::string_view body) {
  if (!body.ends_with('\n')) return body.size();
  return body.size() - (body.ends_with("\r\n") ? 2 : 1);
}

}  // namespace

// Leading blank lines are meaningless; VLC sends one.
BodyKind look_at_body(std::string_view begin) {
  begin.remove_prefix(std::min(begin.find_first_not_of("\r\n"), begin.size()));
  if (begin.starts_with(kStartOfImage)) return BodyKind::jpeg;
  if (begin.size() > 2 && begin.starts_with("--")) return BodyKind::multipart;
  const bool may_become = kStartOfImage.starts_with(begin) || std::string_view("--") == begin ||
                          std::string_view("-") == begin;
  return may_become ? BodyKind::unknown : BodyKind::other;
}

MultipartReader::MultipartReader(std::string_view content_type, size_t part_bytes_max)
    : part_bytes_max_(part_bytes_max), boundary_(find_boundary(content_type)) {}

MultipartReader MultipartReader::of_jpegs(std::optional<size_t> length, size_t part_bytes_max) {
  MultipartReader reader("", part_bytes_max);
  reader.body_length_ = length;
  return reader;
}

MultipartReader::Event MultipartReader::read(std::string_view& bytes) {
  for (;;) {
    Event event = Event::none;
    if (unread_at_ < unread_.size()) {
      std::string_view again = std::string_view(unread_).substr(unread_at_);
      event = step(again);
      unread_at_ = unread_.size() - again.size();
    } else {
      if (bytes.empty()) return Event::none;
      event = step(bytes);
    }
    if (event != Event::none) return event;
  }
}

MultipartReader::Event MultipartReader::step(std::string_view& bytes) {
  switch (state_) {
    case State::headless:
      return read_headless(bytes);
    case State::body:
      return read_body(bytes);
    case State::ended:
      bytes.remove_prefix(bytes.size());
      return Event::none;
    default:
      return read_line(bytes);
  }
}

bool MultipartReader::finish() {
  if (state_ != State::body || !text_of(part_.body).starts_with(kStartOfImage)) return false;
  state_ = State::ended;
  return true;
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
  if (begin_at_picture(bytes)) return begin_body();
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
      if (line->empty() && has_fields_) return begin_body();
      if (line->empty()) {
        state_ = State::headless;
      } else {
        on_field(*line);
      }
      return Event::none;
  }
}

// SOI among lines begins a picture: in a head that no blank line ends, and where there are no
// delimiters. Where delimiters arrive regularly, the bytes after a picture belong to it: a preview,
// the other eye.
bool MultipartReader::begin_at_picture(std::string_view& bytes) {
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  const bool in_head = state_ == State::head;
  const size_t passed = std::min(in_head ? 0 : no_picture_in_, bytes.size());
  if (!in_head) no_picture_in_ -= std::min(no_picture_in_, std::min(line.size() + 1, bytes.size()));
  const bool is_split =
      std::exchange(is_after_ff_, false) && passed == 0 && line.starts_with(kStartOfImage[1]);
  const size_t at = is_split ? 0 : line.find(kStartOfImage, passed);
  if (at == line.npos || (!in_head && delimiters_ > 1)) {
    is_after_ff_ =
        line.size() == bytes.size() && line.size() > passed && line.ends_with(kStartOfImage[0]);
    return false;
  }
  bytes.remove_prefix(at);
  if (!in_head) {
    begin_part();
    length_ = std::exchange(body_length_, std::nullopt);
  }
  if (is_split) append(part_.body, kStartOfImage.substr(0, 1));
  return true;
}

// A delimiter is two dashes and the boundary. But some cameras announce the dashes too, or omit
// them, or announce a boundary that they do not use.
bool MultipartReader::learn_delimiter(std::string_view line) {
  line = line.substr(0, line.find_last_not_of(" \t") + 1);
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

// Blanks may follow a boundary, and dashes the last one (RFC 2046 section 5.1.1).
MultipartReader::Event MultipartReader::on_delimiter_rest(std::string_view rest) {
  if (rest.starts_with("--")) {
    state_ = State::ended;
    return Event::end;
  }
  state_ = trimmed(rest).empty() ? State::head : State::between;
  if (state_ == State::between) return Event::none;
  ++delimiters_;
  no_picture_in_ = 0;
  begin_part();
  return Event::none;
}

void MultipartReader::begin_part() {
  part_.body.clear();
  part_.captured.reset();
  part_.sequence.reset();
  part_.slate_reason.clear();
  is_picture_ = true;
  has_fields_ = false;
  length_.reset();
  walker_ = {};
  searched_ = 0;
}

void MultipartReader::on_field(std::string_view line) {
  const size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
  has_fields_ = true;
  if (equals_ignoring_case(name, "content-type")) {
    is_picture_ = starts_with_ignoring_case(value, "image/");
  } else if (equals_ignoring_case(name, "content-length")) {
    length_ = to_number<size_t>(value);
    if (length_ == size_t{0}) length_.reset();  // no picture is empty
  } else if (equals_ignoring_case(name, "x-timestamp")) {
    part_.captured = parse_timestamp(value);
  } else if (equals_ignoring_case(name, "x-sequence")) {
    part_.sequence = to_number<uint64_t>(value);
  } else if (equals_ignoring_case(name, "x-slate")) {
    part_.slate_reason = value.substr(0, kSlateReasonMax);
  }
}

// Bytes that are not a field are the part itself, which then has no head.
MultipartReader::Event MultipartReader::read_headless(std::string_view& bytes) {
  std::vector<std::byte>& body = part_.body;
  if (body.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) {
    bytes.remove_prefix(1);
    return ++line_bytes_ > part_bytes_max_ ? refuse() : Event::none;
  }
  if (body.empty() && !may_begin_name(bytes.front())) return begin_body();
  const size_t newline = bytes.find('\n');
  piece_ = std::min({newline, bytes.size() - 1, kLineMax}) + 1;
  append(body, bytes.substr(0, piece_));
  bytes.remove_prefix(piece_);
  if (newline >= piece_ && body.size() < kLineMax) return Event::none;
  const bool is_field = text_of(body).find(':') != std::string_view::npos;
  unread(bytes, body.size());
  if (!is_field) return begin_body();
  state_ = State::head;
  return Event::none;
}

MultipartReader::Event MultipartReader::begin_body() {
  at_new_line_ = true;
  if (length_ && *length_ > part_bytes_max_) return refuse();
  state_ = State::body;
  return Event::none;
}

// Blank lines before a picture are surplus ones after the head.
MultipartReader::Event MultipartReader::read_body(std::string_view& bytes) {
  if (part_.body.empty()) {
    const size_t blank = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    bytes.remove_prefix(blank);
    line_bytes_ += blank;
    if (line_bytes_ > part_bytes_max_) return refuse();
    if (bytes.empty()) return Event::none;
  }
  piece_ = std::min(bytes.size(), length_ ? *length_ - part_.body.size() : bytes.size());
  append(part_.body, bytes.substr(0, piece_));
  bytes.remove_prefix(piece_);
  return length_ ? compare_with_length(bytes) : search_end(bytes);
}

// A length is right when EOI is at the end that it gives. Otherwise the picture is walked through:
// it has ended before that, or ends after it. To notice an earlier end immediately, EOI is searched
// near the end of the bytes received.
MultipartReader::Event MultipartReader::compare_with_length(std::string_view& bytes) {
  const std::string_view body = text_of(part_.body);
  const bool is_all = body.size() == *length_;
  if (!body.starts_with(kStartOfImage) || (is_all && body.ends_with(kEndOfImage))) {
    return is_all ? finish_part(State::between) : Event::none;
  }
  const std::string_view tail = body.substr(body.size() - std::min(body.size(), kTailBytes));
  if (!is_all && tail.find(kEndOfImage) == tail.npos) return Event::none;
  const JpegWalker::Found found = walker_.walk(body);
  if (found != JpegWalker::Found::nothing) return end_picture(bytes, found);
  if (!is_all) return Event::none;
  length_.reset();
  return search_end(bytes);
}

// All bytes are appended to the body, and those after its end are given back. Without a length only
// the next delimiter proves that a part is complete, and most cameras send it together with the
// next picture: everything would be one picture late. So a picture ends with its EOI.
MultipartReader::Event MultipartReader::search_end(std::string_view& bytes) {
  const std::string_view body = text_of(part_.body);
  const std::optional<size_t> delimiter = find_delimiter();
  if (body.starts_with(kStartOfImage)) {
    const std::string_view picture = body.substr(0, delimiter.value_or(body.npos));
    const JpegWalker::Found found = walker_.walk(picture);
    if (found != JpegWalker::Found::nothing) return end_picture(bytes, found);
  }
  if (delimiter) {
    unread(bytes, body.size() - *delimiter - delimiter_.size());
    part_.body.resize(size_without_newline(body.substr(0, *delimiter)));
    return finish_part(State::delimiter);
  }
  return part_.body.size() > part_bytes_max_ ? refuse() : Event::none;
}

// The body ends at the walker's position. The rest of an announced length belongs to it, unless it
// contains a delimiter, or the picture was cut off: then the length counts bytes that never came.
MultipartReader::Event MultipartReader::end_picture(std::string_view& bytes,
                                                    JpegWalker::Found found) {
  const bool is_cut_off = found == JpegWalker::Found::start;
  no_picture_in_ = length_ && !is_cut_off ? *length_ - walker_.at() : 0;
  if (is_cut_off) delimiters_ = std::min<size_t>(delimiters_, 1);
  unread(bytes, part_.body.size() - walker_.at());
  return finish_part(State::between);
}

// Gives the last bytes of the body back. Those that arrived with this call are still in memory just
// before `bytes`; older ones are kept.
void MultipartReader::unread(std::string_view& bytes, size_t count) {
  const size_t given = std::min(count, piece_);
  const size_t older = count - given;
  bytes = {bytes.data() - given, bytes.size() + given};
  const size_t left = part_.body.size() - count;
  if (older > 0) {
    CHECK(unread_at_ >= unread_.size());  // re-read bytes were appended to the body last
    unread_ = text_of(part_.body).substr(left, older);
    unread_at_ = 0;
  }
  part_.body.resize(left);
}

// The start of the next delimiter in the body. It is not recognized until the byte after it has
// arrived.
std::optional<size_t> MultipartReader::find_delimiter() {
  const std::string_view body = text_of(part_.body);
  if (delimiter_.empty()) return std::nullopt;
  size_t at = body.find(delimiter_, searched_);
  while (at != body.npos && at + delimiter_.size() < body.size()) {
    if (is_delimiter_at(at)) return at;
    at = body.find(delimiter_, at + 1);
  }
  searched_ = at != body.npos ? at : body.size() - std::min(body.size(), delimiter_.size() - 1);
  return std::nullopt;
}

// A delimiter begins a line, or directly follows a picture: some cameras omit the line end.
// Otherwise a boundary of one letter would be found within the picture.
bool MultipartReader::is_delimiter_at(size_t offset) const {
  const std::string_view body = text_of(part_.body);
  const std::string_view before = body.substr(0, offset);
  constexpr std::string_view kBehind = "\r\n- \t";
  return kBehind.find(body[offset + delimiter_.size()]) != kBehind.npos &&
         (before.empty() || before.ends_with('\n') || before.ends_with(kEndOfImage));
}

MultipartReader::Event MultipartReader::finish_part(State next) {
  state_ = delimiter_.empty() ? State::preamble : next;
  line_bytes_ = 0;
  at_new_line_ = true;
  const std::string_view body = text_of(part_.body);
  // Some cameras give their pictures another type.
  return !body.empty() && (is_picture_ || body.starts_with(kStartOfImage)) ? Event::part
                                                                           : Event::none;
}

MultipartReader::Event MultipartReader::refuse() {
  state_ = State::ended;
  return Event::too_large;
}

}  // namespace fanlight
