// SPDX-License-Identifier: Apache-2.0
// JPEG walker: finds the end of a JPEG while its bytes arrive, from marker to marker (ITU-T T.81,
// B.1.1), without judging the content between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fanlight {

// Owns: nothing. Thread: one.
// Each byte is examined once, and the content of segments, such as thumbnails, not at all.
class JpegWalker {
 public:
  enum class Found : uint8_t {
    nothing,  // the picture goes on
    end,      // EOI; at() is the offset after it
    start,    // an invalid SOI: another picture begins at at(), this one was cut off
  };

  // `jpeg` begins with SOI, and with the bytes of the previous call. Do not call again after
  // something was found.
  Found walk(std::string_view jpeg) noexcept;
  size_t at() const { return at_; }

 private:
  size_t at_ = 2;  // where the search for the next marker starts
};

}  // namespace fanlight
