// SPDX-License-Identifier: Apache-2.0
// PlanarPicture: a raw picture in memory of its own, as encoders take it.
#pragma once

#include <array>
#include <cstddef>

#include "capture/picture/picture.h"
#include "capture/picture/raw_plane.h"

namespace fanlight {

// Owns: the planes, which are allocated with the first picture and kept.
// Thread: one at a time.
// Invariant: full range; yuv420, or grey, which has the first plane only.
class PlanarPicture {
 public:
  // Pixels, at least 1. The content is undefined after it. Throws std::bad_alloc.
  void resize(int width, int height, bool is_grey) {
    width_ = width;
    height_ = height;
    is_grey_ = is_grey;
    planes_[0].resize(width, height);
    if (is_grey) return;
    for (size_t i = 1; i < planes_.size(); ++i) planes_[i].resize(width_of(i), height_of(i));
  }

  int width() const { return width_; }
  int height() const { return height_; }
  size_t planes() const { return is_grey_ ? 1 : planes_.size(); }
  RawPlane& plane(size_t i) { return planes_[i]; }
  // Of a plane, in samples.
  int width_of(size_t plane) const { return plane == 0 ? width_ : (width_ + 1) / 2; }
  int height_of(size_t plane) const { return plane == 0 ? height_ : (height_ + 1) / 2; }

  // Valid until resize().
  RawView view() {
    RawView raw{.format = is_grey_ ? PixelFormat::grey : PixelFormat::yuv420};
    for (size_t i = 0; i < planes(); ++i) {
      raw.planes[i] = planes_[i].data();
      raw.strides[i] = planes_[i].stride();
    }
    return raw;
  }

 private:
  int width_ = 0;
  int height_ = 0;
  bool is_grey_ = false;
  std::array<RawPlane, 3> planes_;
};

}  // namespace fanlight
