// SPDX-License-Identifier: Apache-2.0
// JPEGs of every kind that libjpeg encodes, and their pixels in every colour space.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "capture/jpeg/jpeg_coefficients.h"
#include "capture/picture/orientation.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

struct Pixels {
  int width = 0;
  int height = 0;
  int channels = 0;  // 1: grey, 3: RGB, 4: CMYK
  std::vector<uint8_t> samples;

  uint8_t& at(int x, int y, int channel) {
    return samples[static_cast<size_t>((y * width + x) * channels + channel)];
  }
  uint8_t at(int x, int y, int channel) const {
    return samples[static_cast<size_t>((y * width + x) * channels + channel)];
  }
};

struct JpegKind {
  J_COLOR_SPACE colours = JCS_YCbCr;  // in the file
  std::vector<std::pair<int, int>> sampling{{2, 2}, {1, 1}, {1, 1}};
  bool is_progressive = false;
  bool has_separate_scans = false;
  bool is_optimized = false;  // with its own Huffman tables
  unsigned restart_interval = 0;
};

// Smooth, so that subsampling hardly changes the colour; and different in every corner.
Pixels shades(int width, int height, int channels);

Bytes encode_pixels(const Pixels& pixels, const JpegKind& kind = {});

// Decodes in the file's colour model: YCCK to CMYK, YCbCr to RGB. Any warning yields 0x0 and a
// failed test.
Pixels decode_pixels(std::span<const std::byte> jpeg);

Pixels turned_pixels(const Pixels& pixels, Orientation orientation);

// The largest difference between two samples; 256 if the sizes differ.
int difference(const Pixels& one, const Pixels& other);

}  // namespace fanlight
