// SPDX-License-Identifier: Apache-2.0
// RawPlane: memory for one plane of a raw picture that is derived from another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/check.h"

namespace fanlight {

// Owns: the plane, rounded up to an even number of columns and rows, as RawView demands of all
//   formats. It is allocated with the first picture and kept.
// Thread: one at a time.
class RawPlane {
 public:
  // In bytes, not pixels, where a pixel has several; both at least 1. Throws std::bad_alloc.
  void resize(int width, int height) {
    CHECK(width > 0 && height > 0);
    width_ = width;
    height_ = height;
    stride_ = (width + 1) & ~1;
    bytes_.resize(static_cast<size_t>(stride_) * static_cast<size_t>((height + 1) & ~1));
  }

  // Including the padding column.
  std::span<uint8_t> row(int y) { return {data() + y * ptrdiff_t{stride_}, size_t(stride_)}; }
  uint8_t* data() { return bytes_.data(); }
  int stride() const { return stride_; }

  // Fills the padding with its neighbours, so that the encoder sees no edge.
  void pad() {
    if (width_ < stride_) {
      for (int y = 0; y < height_; ++y) row(y).back() = row(y)[row(y).size() - 2];
    }
    if (height_ % 2 != 0)
      std::memcpy(row(height_).data(), row(height_ - 1).data(), size_t(stride_));
  }

 private:
  std::vector<uint8_t> bytes_;
  int width_ = 0;
  int height_ = 0;
  int stride_ = 0;
};

}  // namespace fanlight
