// SPDX-License-Identifier: Apache-2.0
// The result of writing a picture to its place as a JPEG.
#pragma once

#include <cstddef>
#include <string_view>

namespace fanlight {

struct WrittenJpeg {
  std::string_view problem;  // in words, a constant; empty when the place holds a whole JPEG
  bool too_large = false;    // the problem is the size of the place
  int width = 0;             // pixels, as a browser shows it; valid when there is no problem
  int height = 0;
  size_t size = 0;       // bytes
  bool divided = false;  // into segments, as requested

  bool ok() const { return problem.empty(); }
};

// For writers that find `place` too small for a JPEG.
constexpr WrittenJpeg too_large_for_its_place() {
  return {.problem = "larger than its place", .too_large = true};
}

}  // namespace fanlight
