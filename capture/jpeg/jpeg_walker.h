// SPDX-License-Identifier: Apache-2.0
// JPEG walker: finds where a JPEG ends while its bytes come, from marker to marker (ITU-T T.81,
// B.1.1), without judging what is between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fanlight {

// Owns: nothing. Thread: one.
// Each byte is looked at once, and what is inside of segments, thumbnails for example, not at all.
class JpegWalker {
 public:
  enum class Found : uint8_t {
    nothing,  // the picture goes on
    end,      // EOI; at() is the offset behind it
    start,    // SOI where none may be: another picture begins at at(), this one was cut off
  };

  // `jpeg` begins with SOI, and with the bytes of the call before. After something was found, not
  // to be called again.
  Found walk(std::string_view jpeg) noexcept;
  size_t at() const { return at_; }

 private:
  size_t at_ = 2;  // where the next marker is looked for
};

}  // namespace fanlight
