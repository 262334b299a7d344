// SPDX-License-Identifier: Apache-2.0
// ChunkedReader: decodes a request's body with Transfer-Encoding: chunked (RFC 9112 section 7.1).
//
// Extensions and trailers are read and ignored. It is as strict as RequestParser about line ends,
// since another server in front may disagree about the end of the body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fanlight {

// Owns: its place in the coding. Thread: any one.
// Invariant: decode() is not called again after `done`, `bad` or `too_long`.
class ChunkedReader {
 public:
  // Of size lines, extensions, line ends and trailers together, so that a body of nothing else has
  // an end too.
  static constexpr size_t kFramingBytesMax = 64 << 10;

  enum class Status : uint8_t {
    more,      // all bytes were taken, and others must follow
    done,      // the body is complete; bytes that were not taken are not part of it
    bad,       // not the chunked coding
    too_long,  // more than kFramingBytesMax
  };
  struct Result {
    Status status;
    size_t taken;  // bytes of the coding
    size_t data;   // bytes of the body, which now are at the beginning of `coding`
  };

  // Decodes the next bytes in place.
  Result decode(std::span<char> coding) noexcept;

 private:
  enum class State : uint8_t {
    size_begin,
    size,
    size_blank,
    extension,
    size_line_feed,
    data,
    data_return,
    data_line_feed,
    trailer_begin,
    trailer_name,
    trailer_value,
    trailer_line_feed,
    end_line_feed,
    done,
  };

  bool step(char c) noexcept;
  bool step_size(char c) noexcept;
  bool step_trailer(char c) noexcept;
  bool take_digit(char c) noexcept;
  bool go(bool allowed, State next) noexcept;

  State state_ = State::size_begin;
  uint64_t left_ = 0;  // of the chunk's data
  size_t framing_ = 0;
};

}  // namespace fanlight
