// SPDX-License-Identifier: Apache-2.0
// MultipartReader: extracts the pictures from a stream of multipart/x-mixed-replace, or of
// concatenated JPEGs.
//
// RFC 2046 section 5.1 as cameras implement it: with or without Content-Length; boundaries quoted
// or not, with blanks, with their leading dashes repeated in the parameter, different from the
// announced one, or absent; lines that end in a bare LF; text before the first delimiter; an empty
// line before or after a head; no delimiter except the first. Lengths are trusted as far as the
// bytes agree: a picture ends at its EOI (ITU-T T.81 section B.1). Anything that does not fit is
// skipped up to the next delimiter, or up to the next SOI where there are no delimiters. Whether a
// part is a whole JPEG is not judged here.
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

// A part: its bytes, and the fields of its head.
struct MultipartPart {
  std::vector<std::byte> body;
  std::optional<WallTime> captured;  // X-Timestamp
  std::optional<uint64_t> sequence;  // X-Sequence
  std::string slate_reason;          // X-Slate
};

// The kind of a response's body, judged by its first bytes and not by its head.
enum class BodyKind : uint8_t {
  unknown,    // too few bytes to tell
  multipart,  // two dashes begin a delimiter
  jpeg,       // SOI; one picture, or several in a row
  other,
};
BodyKind look_at_body(std::string_view begin);

// Owns: the unfinished part, at most `part_bytes_max`, whose memory grows as its bytes arrive.
// Thread: one.
// Invariant: bytes are passed in the order of arrival, each once.
class MultipartReader {
 public:
  enum class Event : uint8_t {
    none,       // all bytes are used; nothing became complete
    part,       // a part is complete: take() it
    end,        // the closing delimiter has arrived; anything after it is meaningless
    too_large,  // more than `part_bytes_max` without a whole part; the rest is not read
  };

  // `content_type` is the response's field; without a boundary the first delimiter defines it.
  MultipartReader(std::string_view content_type, size_t part_bytes_max);

  // For a body without multipart. `length`: of the body, which is then a single picture, whatever
  // bytes follow the picture in it.
  static MultipartReader of_jpegs(std::optional<size_t> length, size_t part_bytes_max);

  // Consumes bytes up to the next event and removes them from `bytes`; all of them for Event::none.
  // Parts that are not pictures (Content-Type: text/plain) are not reported.
  Event read(std::string_view& bytes);

  // The body has ended. True when that completes a part that has no other end mark: take() it.
  bool finish();

  // Swaps the last reported part with `other`, whose memory is reused.
  void take(MultipartPart& other);

 private:
  enum class State : uint8_t {
    preamble,   // lines before the first delimiter
    head,       // of a part
    headless,   // after a blank line in place of a head: a head may still follow
    body,       // of a part
    delimiter,  // the rest of a delimiter's line
    between,    // lines after a body, before the next delimiter
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
  std::string boundary_;   // the parameter; empty when absent
  std::string delimiter_;  // as in the stream; empty until the first one has arrived
  size_t delimiters_ = 0;  // number seen since one was missing
  State state_ = State::preamble;
  std::string line_;       // an unfinished one, truncated beyond any length that matters
  size_t line_bytes_ = 0;  // since the last part: in lines
  bool at_new_line_ = true;
  bool has_preamble_ = false;  // a non-empty line arrived before the first delimiter
  bool is_after_ff_ = false;   // the last byte of a line so far may be the first of SOI

  MultipartPart part_;
  bool is_picture_ = true;             // according to Content-Type
  bool has_fields_ = false;            // the part's head
  std::optional<size_t> length_;       // Content-Length, as long as it is trusted
  std::optional<size_t> body_length_;  // of a body that is one picture
  JpegWalker walker_;                  // through the part's body
  size_t searched_ = 0;                // bytes of the body in which no delimiter begins
  size_t piece_ = 0;                   // bytes of the body that arrived with this call
  size_t no_picture_in_ = 0;           // bytes after a picture that still belong to its part

  std::string unread_;    // bytes that are read again before new ones
  size_t unread_at_ = 0;  // how many of them have been
};

}  // namespace fanlight
