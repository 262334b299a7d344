// SPDX-License-Identifier: Apache-2.0
// RequestReader: from the bytes of a connection to its requests, one after another, each with its
// body.
//
// A body follows its head in the stream, so it must be read to reach the next request. It is kept
// for the answer if the caller wants it, else discarded as it arrives.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/protocol/chunked_reader.h"
#include "http/protocol/request.h"

namespace fanlight {

// Owns: what was received and not yet used.
// Thread: its connection's shard.
// Invariant: the input begins with the current request, whose views point into it.
class RequestReader {
 public:
  static constexpr size_t kInputSize = 8192;           // the longest head, with a kept body
  static constexpr uint64_t kBodyBytesMax = 64 << 10;  // a longer one is refused, not discarded

  enum class Step : uint8_t {
    receive,  // more bytes must be received into room()
    head,     // the head is complete: the caller calls begin_body(), and read() again
    request,  // the request is complete
    refuse,   // error_status() and error_reason(); the connection cannot be used any further
  };

  // Leaves the buffer untouched: memory pages are used only as far as requests fill them.
  RequestReader() {}

  // Where to receive; not empty after Step::receive.
  std::span<char> room() noexcept { return std::span(input_).subspan(input_size_); }
  void received(size_t bytes) noexcept { input_size_ += bytes; }

  // Reads on in what was received.
  Step read() noexcept;

  // After Step::head. `keep`: the body will be request().body. True if the client waits for 100
  // Continue before it sends the body (RFC 9110 section 10.1.1).
  bool begin_body(bool keep) noexcept;

  // The current request, as far as it was read; complete after Step::head, except for the body.
  const Request& request() const noexcept { return parser_.request(); }

  // What was received after the current request; only after Step::request.
  std::string_view rest() const noexcept {
    return input().substr(request().head_size + request().body.size());
  }
  // Goes on to the next request. False if nothing of it has been received.
  bool next() noexcept;

  // Valid after Step::refuse; the text has static lifetime.
  int error_status() const noexcept { return error_status_; }
  std::string_view error_reason() const noexcept { return error_reason_; }

 private:
  std::string_view input() const noexcept { return {input_.data(), input_size_}; }
  void erase(size_t offset, size_t bytes) noexcept;
  Step read_head() noexcept;
  Step read_body() noexcept;
  void discard_body() noexcept;
  Step read_chunks() noexcept;
  Step refuse(int status, std::string_view reason) noexcept;

  RequestParser parser_;
  bool head_is_read_ = false;
  bool keeps_body_ = false;
  uint64_t body_left_ = 0;  // bytes of the body still to be received, unless it is chunked
  ChunkedReader chunks_;
  uint64_t chunked_bytes_ = 0;  // of the body, decoded so far
  size_t kept_bytes_ = 0;       // of those, the ones that are behind the head
  bool body_is_read_ = false;
  int error_status_ = 0;
  std::string_view error_reason_;
  size_t input_size_ = 0;
  std::array<char, kInputSize> input_;
};

}  // namespace fanlight
