// SPDX-License-Identifier: Apache-2.0
// PartReader: reads the stream of an MJPEG server to one viewer, and checks its framing.
//
// multipart/x-mixed-replace (RFC 2046 section 5.1) as cameras send it: parts with Content-Length
// (Fanlight, ustreamer, mjpg-streamer) or without (the Flask tutorial), boundaries with or without
// quotes, and with or without their leading dashes inside the parameter.
//
// It is made for thousands of viewers in one thread. It stores no frame, and for a part of known
// length it reports how many bytes may be discarded unseen: the body and the delimiter after it.
// The delimiter is then verified by what follows: the next part's head must begin with the same
// field as the first part's did, which no shift of a few bytes, and no byte of a JPEG, can imitate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fanlight {

// Owns: an unfinished line and the delimiter, about 300 bytes; no memory elsewhere.
// Thread: one.
// Invariant: bytes are passed in the order of arrival, each once, to read() or discard().
class PartReader {
 public:
  enum class Event : uint8_t {
    none,  // all bytes are used; nothing was completed
    head,  // the response's head is complete
    part,  // the last byte of a part has arrived
    torn,  // no delimiter after the given length, or an examined part is not a whole JPEG;
           // after a missing delimiter the bytes up to the next one are skipped
  };

  // The response's head.
  struct Head {
    uint16_t status = 0;  // 0: not HTTP
    bool is_multipart = false;
    bool has_retry_after = false;
    bool is_chunked = false;
  };

  // The part of the last Event::part.
  struct Part {
    uint64_t bytes = 0;
    std::optional<uint64_t> sequence;     // X-Sequence
    std::optional<int64_t> timestamp_us;  // X-Timestamp, in microseconds
    bool was_looked_at = false;           // all of its bytes were read and not discarded
  };

  // Every `check_every`-th part is read whole, beginning with the one of index `first_check` (<
  // check_every), so that not all viewers examine the same frame.
  explicit PartReader(uint32_t check_every, uint32_t first_check = 0);

  // Uses bytes up to the next event and takes them off `bytes`. With Event::none nothing is left.
  Event read(std::string_view& bytes);

  // How many of the next bytes may be discarded without being read.
  size_t discardable() const;

  // Reports that `count` <= discardable() bytes were discarded.
  Event discard(size_t count);

  const Head& head() const { return head_; }
  const Part& part() const { return part_; }
  // The closing delimiter has arrived; nothing should follow.
  bool is_ended() const { return state_ == State::epilogue; }
  bool is_in_body() const { return state_ == State::body || state_ == State::search; }
  // True when the next bytes are read whole, so that a large buffer is worth it.
  bool wants_all() const { return is_in_body() && discardable() == 0; }

 private:
  enum class State : uint8_t {
    status_line,
    response_head,
    preamble,  // lines before the first delimiter
    part_head,
    body,       // of known length
    search,     // a body that ends where the delimiter is found
    delimiter,  // which must be here
    epilogue,   // after the closing delimiter
    refused,    // the response is not a stream
  };

  std::optional<std::string_view> take_line(std::string_view& bytes);
  Event on_line(std::string_view line);
  Event on_response_line(std::string_view line);
  void on_content_type(std::string_view value);
  void on_preamble_line(std::string_view line);
  Event on_part_line(std::string_view line);
  bool is_expected_first_line(std::string_view line);
  Event begin_body();
  Event read_body(std::string_view& bytes);
  Event finish_body();
  Event read_delimiter(std::string_view& bytes);
  void delimiter_is_complete(bool closing);
  Event search_delimiter(std::string_view& bytes);
  void look_at(std::string_view bytes);
  bool is_whole_jpeg() const;
  Event lose_framing();
  std::string_view delimiter() const { return {delimiter_.data(), delimiter_size_}; }

  // CRLF, dashes and boundary: at most 4 + 70 bytes (RFC 2046 section 5.1.1), and some margin.
  std::array<char, 84> delimiter_{};
  // An incomplete line. Longer lines are cut: no relevant line is longer than Content-Type with the
  // longest boundary, 122 bytes.
  std::array<char, 128> line_{};
  uint8_t delimiter_size_ = 0;
  uint8_t line_size_ = 0;
  State state_ = State::status_line;
  Head head_;
  Part part_;
  std::optional<uint64_t> length_;  // Content-Length of the part that is being read
  uint64_t body_left_ = 0;          // of a body of known length
  uint32_t first_name_ = 0;         // hash of the first field name in the first part's head
  uint32_t check_every_;
  uint32_t parts_until_check_;
  uint8_t delimiter_matched_ = 0;      // bytes of the delimiter, and of the CRLF or dashes after it
  char after_boundary_ = 0;            // the first byte after the boundary, when it was seen
  bool delimiter_was_unseen_ = false;  // it was discarded with the body
  bool at_first_line_ = false;         // of a part's head
  bool looks_ = false;                 // at this part
  bool skips_ = false;                 // this search is for the end of bytes that are not a part
  bool is_closing_unproved_ = false;   // an empty line followed an unseen delimiter
  // Of an examined part: its first and last two bytes and how many were seen.
  std::array<char, 2> first_{};
  std::array<char, 2> last_{};
  uint64_t seen_ = 0;
};

}  // namespace fanlight
