// SPDX-License-Identifier: Apache-2.0
// ResponseParser: parses a server's bytes as a strict client does.
//
// It accepts responses one after another on one connection; bodies by Content-Length, in chunks,
// until the end, or as a stream of pictures (multipart/x-mixed-replace) in the plain or the advance
// form of core/part.h. The first deviation is kept as the violation.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/byte_queue.h"

namespace fanlight {

struct ParsedResponse {
  int status = 0;
  std::string version;                         // "HTTP/1.1"
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // decoded; empty for a stream
  bool complete = false;
};

// The contents of a stream of pictures.
struct ParsedStream {
  std::string boundary;  // empty: there was none
  bool advance = false;  // in the advance form
  bool closed = false;   // with the closing delimiter
  uint64_t frames = 0;   // whole ones, repeats included
  uint64_t repeats = 0;  // with the same number as the previous one
  uint64_t gaps = 0;     // numbers skipped after the first frame
  uint64_t slates = 0;   // in the plain form only
  uint64_t bytes = 0;    // of pictures
  uint64_t first_sequence = 0;
  uint64_t last_sequence = 0;
};

// Owns: the bytes not parsed yet, and the results. Thread: one.
class ResponseParser {
 public:
  // `head_only`: for each request in turn, whether it was a HEAD.
  explicit ResponseParser(std::vector<bool> head_only = {});

  // Called for each whole picture with its number.
  void set_on_frame(std::function<void(uint64_t)> f) { on_frame_ = std::move(f); }

  void feed(std::string_view bytes);
  // The server's end of stream has arrived: anything incomplete now is cut off.
  void end();

  // Empty if nothing is wrong.
  const std::string& violation() const { return violation_; }
  const std::deque<ParsedResponse>& responses() const { return responses_; }
  const ParsedStream& stream() const { return stream_; }

 private:
  enum class State {
    head,
    sized_body,
    chunk_size,
    chunk,
    until_end,
    first_delimiter,
    part_head,
    sized_picture,
    unsized_picture,  // of the advance form: until the next delimiter
    after_picture,
    ended,
  };

  // Each parses as much as it can, and returns false when it needs more bytes.
  bool step();
  bool parse_head();
  bool parse_sized_body();
  bool parse_chunk_size();
  bool parse_chunk();
  bool parse_first_delimiter();
  bool parse_part_head();
  bool parse_sized_picture();
  bool parse_unsized_picture();
  bool parse_after_picture();

  void choose_body(ParsedResponse& response);
  void finish_response();
  bool begins_with(std::string_view text);
  void read_part_head(std::string_view head);
  void check_picture(std::string_view picture);
  bool violate(std::string what);

  std::vector<bool> head_only_;
  std::function<void(uint64_t)> on_frame_;
  State state_ = State::head;
  ByteQueue input_;
  std::deque<ParsedResponse> responses_;
  ParsedStream stream_;
  std::string violation_;
  size_t answered_ = 0;    // final responses
  size_t size_left_ = 0;   // of the body, the chunk or the picture
  size_t searched_ = 0;    // bytes of input in which there is no delimiter
  std::string part_head_;  // of the current picture, plain form
  std::string last_head_;  // of the previous one
  std::string last_timestamp_;
  uint64_t head_sequence_ = 0;
  bool is_slate_ = false;
};

}  // namespace fanlight
