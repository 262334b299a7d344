// SPDX-License-Identifier: Apache-2.0
// Raw pictures for tests, in any layout, with every sample known.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "capture/picture/picture.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

// A sample of a planar picture, by the pixel that it belongs to.
inline int sample(const RawView& view, size_t plane, int x, int y) {
  const bool is_colour = plane > 0;
  const bool half_width = is_colour && view.format != PixelFormat::yuv444;
  const bool half_height = is_colour && view.format == PixelFormat::yuv420;
  return view.planes[plane][(half_height ? y / 2 : y) * ptrdiff_t{view.strides[plane]} +
                            (half_width ? x / 2 : x)];
}

// Owns: its planes. Each ends at the start of an inaccessible page, at the last byte that the
//   format's definition permits to be read.
class RawPicture {
 public:
  // Noise, the same for the same size in every layout except packed RGB, whose bytes are noise.
  RawPicture(PixelFormat format, int width, int height);

  void fill(uint8_t luma, uint8_t colour);
  void fill_with_ramp();

  RawView view() const { return view_; }
  int luma(int x, int y) const { return luma_[index(x, y)]; }
  // The sample in plane 1 (U) or 2 (V) for the colour of this pixel.
  int colour(size_t plane, int x, int y) const;

 private:
  size_t index(int x, int y) const { return static_cast<size_t>(y * width_ + x); }
  uint8_t* add_plane(size_t plane, int stride, int rows);
  void lay_out();
  void lay_out_pairs();

  const int width_;  // rounded up to whole colour samples, like the stored planes
  const int height_;
  RawView view_;
  std::vector<uint8_t> luma_;
  std::vector<uint8_t> u_;
  std::vector<uint8_t> v_;
  std::vector<std::unique_ptr<GuardedBytes>> memory_;
};

}  // namespace fanlight
