// SPDX-License-Identifier: Apache-2.0
// ByteQueue: bytes in, the same bytes out, in order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "core/check.h"

namespace fanlight {

// Owns: its bytes. Thread: one.
class ByteQueue {
 public:
  size_t size() const { return bytes_.size() - taken_; }
  bool empty() const { return size() == 0; }
  std::string_view view() const { return std::string_view(bytes_).substr(taken_); }

  void push(std::string_view bytes) { bytes_.append(bytes); }

  // Drops the first `count` bytes.
  void pop(size_t count) {
    CHECK(count <= size());
    taken_ += count;
    // Moved to the front only if that costs less than the bytes dropped since the last move.
    if (taken_ < bytes_.size() - taken_) return;
    bytes_.erase(0, taken_);
    taken_ = 0;
  }

  // Also frees the memory.
  void clear() {
    bytes_ = std::string();
    taken_ = 0;
  }

 private:
  std::string bytes_;
  size_t taken_ = 0;
};

}  // namespace fanlight
