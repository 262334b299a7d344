// SPDX-License-Identifier: Apache-2.0
// Raw pictures for tests, in any layout, of which every sample is known.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "capture/picture/picture.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

// A sample of a planar picture, by the pixel that it is for.
inline int sample(const RawView& view, size_t plane, int x, int y) {
  const bool is_colour = plane > 0;
  const bool half_width = is_colour && view.format != PixelFormat::yuv444;
  const bool half_height = is_colour && view.format == PixelFormat::yuv420;
  return view.planes[plane][(half_height ? y / 2 : y) * ptrdiff_t{view.strides[plane]} +
                            (half_width ? x / 2 : x)];
}

// Owns: its planes, each of which ends where an inaccessible page begins, as far as the format's
// definition lets anybody read.
class RawPicture {
 public:
  // Noise; the same for the same size, whatever the layout. Any layout but packed RGB, of which
  // the bytes are noise.
  RawPicture(PixelFormat format, int width, int height);

  void fill(uint8_t luma, uint8_t colour);
  void fill_with_ramp();

  RawView view() const { return view_; }
  int luma(int x, int y) const { return luma_[index(x, y)]; }
  // Of plane 1 (U) or 2 (V), where the pixel has its colour.
  int colour(size_t plane, int x, int y) const;

 private:
  size_t index(int x, int y) const { return static_cast<size_t>(y * width_ + x); }
  uint8_t* add_plane(size_t plane, int stride, int rows);
  void lay_out();
  void lay_out_pairs();

  const int width_;  // rounded up to whole pixels of colour, as what is stored
  const int height_;
  RawView view_;
  std::vector<uint8_t> luma_;
  std::vector<uint8_t> u_;
  std::vector<uint8_t> v_;
  std::vector<std::unique_ptr<GuardedBytes>> memory_;
};

}  // namespace fanlight
