// SPDX-License-Identifier: Apache-2.0
// SegmentWriter: writes a JPEG in segments: a head, the segments with restart markers between them,
// EOI.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/segments/jpeg_marker.h"

namespace fanlight {

// Owns: nothing. Thread: one.
// Invariant: writes what it is given, and kSegmentMarkerBytes after each segment; the caller's
//   memory has room for it.
class SegmentWriter {
 public:
  SegmentWriter(std::string_view head, char* out) noexcept : end_(out) { write(head); }

  void add(std::string_view segment) noexcept {
    if (count_ > 0) write_marker(jpeg_marker::restart_after(count_ - 1));
    write(segment);
    ++count_;
  }
  // Returns the end of the JPEG.
  char* finish() noexcept {
    write_marker(jpeg_marker::kEoi);
    return end_;
  }

  size_t count() const { return count_; }  // of the segments so far

 private:
  void write(std::string_view bytes) noexcept {
    end_ = std::copy(bytes.begin(), bytes.end(), end_);
  }
  void write_marker(uint8_t marker) noexcept {
    *end_++ = '\xff';
    *end_++ = static_cast<char>(marker);
  }

  char* end_;
  size_t count_ = 0;
};

}  // namespace fanlight
