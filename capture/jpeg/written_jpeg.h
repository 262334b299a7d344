// SPDX-License-Identifier: Apache-2.0
// What became of a picture that was to be written to its place as a JPEG.
#pragma once

#include <cstddef>
#include <string_view>

namespace fanlight {

struct WrittenJpeg {
  std::string_view problem;  // in words, a constant; empty when the place holds a whole JPEG
  bool too_large = false;    // the problem is the place
  int width = 0;             // pixels, as a browser shows it; valid when there is no problem
  int height = 0;
  size_t size = 0;  // bytes

  bool ok() const { return problem.empty(); }
};

// For whoever cannot write a JPEG because `place` is too small for it.
constexpr WrittenJpeg too_large_for_its_place() {
  return {.problem = "larger than its place", .too_large = true};
}

}  // namespace fanlight
