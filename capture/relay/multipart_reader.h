// SPDX-License-Identifier: Apache-2.0
// MultipartReader: takes the pictures out of a stream of multipart/x-mixed-replace, or of JPEGs in
// a row.
//
// RFC 2046 section 5.1 as cameras understand it: with Content-Length or without; boundaries quoted
// or not, with blanks in them, with their leading dashes in the parameter too, or another one than
// was announced, or none; lines that end in a bare LF; text before the first delimiter; an empty
// line before a head or behind it; no delimiter but the first. Lengths are believed as far as the
// bytes agree: a picture ends where its EOI is (ITU-T T.81 section B.1). What does not fit is
// passed over up to the next delimiter, or up to the next SOI where delimiters do not come. Whether
// a part is a whole JPEG is not judged here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/jpeg/jpeg_walker.h"
#include "core/time.h"

namespace fanlight {

// A part: its bytes, and what its head says of them.
struct MultipartPart {
  std::vector<std::byte> body;
  std::optional<WallTime> captured;  // X-Timestamp
  std::optional<uint64_t> sequence;  // X-Sequence
  std::string slate_reason;          // X-Slate
};

// What an answer's body is, by the bytes it begins with, whatever its head says.
enum class BodyKind : uint8_t {
  unknown,    // too few bytes to tell
  multipart,  // two dashes begin a delimiter
  jpeg,       // SOI; one picture, or several in a row
  other,
};
BodyKind look_at_body(std::string_view begin);

// Owns: the unfinished part, at most `part_bytes_max`, whose memory grows as its bytes come.
// Thread: one.
// Invariant: bytes are given in the order in which they came, each once.
class MultipartReader {
 public:
  enum class Event : uint8_t {
    none,       // all bytes are used; nothing became complete
    part,       // a part is complete: take() it
    end,        // the delimiter that closes the stream has come; what follows means nothing
    too_large,  // more than `part_bytes_max` without a whole part; what follows is not read
  };

  // `content_type` is the response's field; without a boundary in it the first delimiter tells.
  MultipartReader(std::string_view content_type, size_t part_bytes_max);

  // Of a body without multipart. `length`: of the body, which is then a single picture, whatever
  // stands in it behind that.
  static MultipartReader of_jpegs(std::optional<size_t> length, size_t part_bytes_max);

  // Uses bytes up to the next event and takes them off `bytes`. With Event::none nothing is left.
  // Parts that are no pictures (Content-Type: text/plain) are not told.
  Event read(std::string_view& bytes);

  // The body has ended. True when that completes a part, whose end nothing else marks: take() it.
  bool finish();

  // Exchanges the part that was told last for `other`, whose memory is used again.
  void take(MultipartPart& other);

 private:
  enum class State : uint8_t {
    preamble,   // lines before the first delimiter
    head,       // of a part
    headless,   // behind a blank line in place of a head: a head may follow all the same
    body,       // of a part
    delimiter,  // the rest of a delimiter's line
    between,    // lines behind a body, before the next delimiter
    ended,
  };

  Event step(std::string_view& bytes);
  std::optional<std::string_view> take_line(std::string_view& bytes);
  Event read_line(std::string_view& bytes);
  bool begin_at_picture(std::string_view& bytes);
  Event on_delimiter_rest(std::string_view rest);
  bool learn_delimiter(std::string_view line);
  void on_field(std::string_view line);
  Event read_headless(std::string_view& bytes);
  void begin_part();
  Event begin_body();
  Event read_body(std::string_view& bytes);
  Event compare_with_length(std::string_view& bytes);
  Event search_end(std::string_view& bytes);
  std::optional<size_t> find_delimiter();
  bool is_delimiter_at(size_t offset) const;
  void unread(std::string_view& bytes, size_t count);
  Event end_picture(std::string_view& bytes, JpegWalker::Found found);
  Event finish_part(State next);
  Event refuse();

  size_t part_bytes_max_;
  std::string boundary_;   // the parameter; empty when there is none
  std::string delimiter_;  // as it stands in the stream; empty until the first one has come
  size_t delimiters_ = 0;  // that have come, since one was missing
  State state_ = State::preamble;
  std::string line_;       // an unfinished one, cut when it is longer than any that matters
  size_t line_bytes_ = 0;  // since the last part: lines
  bool at_new_line_ = true;
  bool has_preamble_ = false;  // a line that is not empty came before the first delimiter
  bool is_after_ff_ = false;   // the last byte of a line so far may be the first one of SOI

  MultipartPart part_;
  bool is_picture_ = true;             // as far as Content-Type says
  bool has_fields_ = false;            // the part's head
  std::optional<size_t> length_;       // Content-Length, as long as it is believed
  std::optional<size_t> body_length_;  // of a body that is one picture
  JpegWalker walker_;                  // through the part's body
  size_t searched_ = 0;                // bytes of the body that no delimiter begins in
  size_t piece_ = 0;                   // bytes of the body that came with this call
  size_t no_picture_in_ = 0;           // bytes behind a picture that count to it still

  std::string unread_;    // bytes that are read again before those that come
  size_t unread_at_ = 0;  // how many of them were
};

}  // namespace fanlight
