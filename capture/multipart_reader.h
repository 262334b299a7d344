// SPDX-License-Identifier: Apache-2.0
// MultipartReader: takes the pictures out of a stream of multipart/x-mixed-replace.
//
// RFC 2046 section 5.1 as cameras understand it: with Content-Length or without; boundaries quoted
// or not, with blanks in them, with their leading dashes in the parameter too, or another one than
// was announced, or none; lines that end in a bare LF; text before the first delimiter; lengths
// that are wrong. What does not fit is passed over up to the next delimiter. Whether a part is a
// whole JPEG is not judged here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace fanlight {

// A part: its bytes, and what its head says of them.
struct MultipartPart {
  std::vector<std::byte> body;
  std::optional<WallTime> captured;  // X-Timestamp
  std::optional<uint64_t> sequence;  // X-Sequence
  std::string slate_reason;          // X-Slate
};

// The time in `S.UUUUUU`, as X-Timestamp has it. Nothing for what is no such number, and for times
// before 2001 or after 2286: some cameras count from when they were switched on, or in
// milliseconds.
std::optional<WallTime> parse_timestamp(std::string_view text);

// Owns: the unfinished part, at most `part_bytes_max`, whose memory grows as its bytes come.
// Thread: one.
// Invariant: bytes are given in the order in which they came, each once.
class MultipartReader {
 public:
  enum class Event : uint8_t {
    none,       // all bytes are used; nothing became complete
    part,       // the last byte of a part has come: take() it
    end,        // the delimiter that closes the stream has come; what follows means nothing
    too_large,  // more than `part_bytes_max` without a whole part; what follows is not read
  };

  // `content_type` is the response's field; without a boundary in it the first delimiter tells.
  MultipartReader(std::string_view content_type, size_t part_bytes_max);

  // Uses bytes up to the next event and takes them off `bytes`. With Event::none nothing is left.
  // Parts that are no pictures (Content-Type: text/plain) are not told.
  Event read(std::string_view& bytes);

  // Exchanges the part that the last Event::part was about for `other`, whose memory is used again.
  void take(MultipartPart& other);

 private:
  enum class State : uint8_t {
    preamble,   // lines before the first delimiter
    head,       // of a part
    body,       // of known length
    search,     // a body that ends where the delimiter is found
    delimiter,  // the rest of a delimiter's line
    between,    // lines behind a body, before the next delimiter
    ended,
  };

  std::optional<std::string_view> take_line(std::string_view& bytes);
  Event read_line(std::string_view& bytes);
  Event on_delimiter_rest(std::string_view rest);
  bool learn_delimiter(std::string_view line);
  void on_field(std::string_view line);
  void begin_part();
  Event begin_body();
  Event read_body(std::string_view& bytes);
  Event search_delimiter(std::string_view& bytes);
  bool is_delimiter_at(size_t offset) const;
  bool ends_whole_jpeg();
  Event finish_part(State next);
  Event refuse();

  const size_t part_bytes_max_;
  std::string boundary_;   // the parameter; empty when there is none
  std::string delimiter_;  // as it stands in the stream; empty until the first one has come
  State state_ = State::preamble;
  std::string line_;       // an unfinished one, cut when it is longer than any that matters
  size_t line_bytes_ = 0;  // since the last part: lines
  bool at_new_line_ = true;
  bool has_preamble_ = false;  // a line that is not empty came before the first delimiter

  MultipartPart part_;
  bool is_picture_ = true;        // as far as Content-Type says
  std::optional<size_t> length_;  // Content-Length
  size_t body_left_ = 0;
  size_t searched_ = 0;  // bytes of the body that no delimiter begins in
  int end_checks_ = 0;   // times that ends_whole_jpeg() walked through it
};

}  // namespace fanlight
