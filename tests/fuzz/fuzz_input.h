// SPDX-License-Identifier: Apache-2.0
// FuzzInput: takes the bytes of a fuzzer apart into choices and texts.
//
// Choices are taken from the end and texts from the beginning, so that a text remains what it is
// where a choice more is taken, and corpora can be read and written by hand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/check.h"

namespace fanlight {

// Owns: nothing; a view of the input. Thread: any one.
// Invariant: when the bytes are used up, choices are 0 and texts are empty.
class FuzzInput {
 public:
  explicit FuzzInput(std::string_view bytes) : left_(bytes) {}

  uint8_t byte() {
    if (left_.empty()) return 0;
    const char last = left_.back();
    left_.remove_suffix(1);
    return static_cast<uint8_t>(last);
  }
  // In [0, bound), of two bytes at most.
  size_t below(size_t bound) {
    CHECK(bound > 0 && bound <= 65536);
    const size_t low = byte();
    return (bound <= 256 ? low : low | size_t{byte()} << 8) % bound;
  }
  bool flag() { return (byte() & 1) != 0; }

  std::string_view text(size_t size) {
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(taken.size());
    return taken;
  }
  // Up to the next line feed, which is taken too.
  std::string_view line() {
    const size_t end = std::min(left_.find('\n'), left_.size());
    const std::string_view taken = left_.substr(0, end);
    left_.remove_prefix(std::min(end + 1, left_.size()));
    return taken;
  }
  std::string_view rest() { return text(left_.size()); }
  bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

}  // namespace fanlight
