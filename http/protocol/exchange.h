// SPDX-License-Identifier: Apache-2.0
// Exchange: the buffers of one request and its answer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "core/check.h"
#include "http/protocol/request.h"

namespace fanlight {

// The shard lends it to a connection from the first byte of a request until its answer is sent, so
// that thousands of streams and idle connections hold none.
// Owns: its buffers. Thread: its shard's.
// Invariant: input()[0..] begins with the request that `parser` is parsing.
class Exchange {
 public:
  static constexpr size_t kInputSize = 8192;   // the longest request head
  static constexpr size_t kOutputSize = 4096;  // an answer's head, or a piece of its body

  // Leaves the buffers untouched: memory pages are used only as far as requests fill them.
  Exchange() {}

  std::string_view input() const { return {input_.data(), input_size_}; }
  std::span<char> input_room() { return std::span(input_).subspan(input_size_); }
  void added_input(size_t bytes) { input_size_ += bytes; }
  // Removes `bytes` at `offset`; what follows moves up, what precedes stays in place.
  void erase_input(size_t offset, size_t bytes) {
    CHECK(offset + bytes <= input_size_);
    char* to = input_.data() + offset;
    std::copy(to + bytes, input_.data() + input_size_, to);
    input_size_ -= bytes;
  }
  std::span<char> output() { return output_; }

  RequestParser parser;

 private:
  size_t input_size_ = 0;
  std::array<char, kInputSize> input_;
  std::array<char, kOutputSize> output_;
};

}  // namespace fanlight
