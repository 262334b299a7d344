// SPDX-License-Identifier: Apache-2.0
// Clip: raw pictures of 4:2:0 on standard input, as a camera would see them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include "capture/picture/picture.h"
#include "core/random.h"

namespace fanlight {

// Owns: a picture of the clip, with noise of standard deviation `sigma` added to the luma, the same
// in every run. Thread: one.
class Clip {
 public:
  Clip(int width, int height, double sigma) : width_(width), height_(height), sigma_(sigma) {
    planes_.resize(size_t(width) * size_t(height) + 2 * chroma_size());
    chroma_422_.resize(4 * chroma_size());
  }

  bool read() {
    if (std::fread(planes_.data(), 1, planes_.size(), stdin) != planes_.size()) return false;
    if (sigma_ == 0) return true;
    for (uint8_t& sample : std::span(planes_).first(size_t(width_) * size_t(height_))) {
      sample = static_cast<uint8_t>(std::clamp(std::lround(sample + sigma_ * normal()), 0L, 255L));
    }
    return true;
  }

  RawView view(PixelFormat format) {
    const uint8_t* luma = planes_.data();
    const uint8_t* chroma = luma + size_t(width_) * size_t(height_);
    const int across = (width_ + 1) / 2;
    size_t size = chroma_size();
    if (format == PixelFormat::yuv422) {
      for (size_t plane = 0; plane < 2; ++plane) double_rows(chroma, plane);
      chroma = chroma_422_.data();
      size *= 2;
    }
    return {.format = format,
            .planes = {luma, chroma, chroma + size},
            .strides = {width_, across, across}};
  }

 private:
  size_t chroma_size() const { return size_t((width_ + 1) / 2) * size_t((height_ + 1) / 2); }
  void double_rows(const uint8_t* from, size_t plane) {
    const auto across = static_cast<size_t>((width_ + 1) / 2);
    for (size_t y = 0; y < 2 * size_t((height_ + 1) / 2); ++y) {
      std::copy_n(from + plane * chroma_size() + y / 2 * across, across,
                  chroma_422_.data() + 2 * plane * chroma_size() + y * across);
    }
  }
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - random_.unit()));
    return radius * std::cos(6.283185307179586 * random_.unit());
  }

  const int width_;
  const int height_;
  const double sigma_;
  Random random_{1};
  std::vector<uint8_t> planes_;
  std::vector<uint8_t> chroma_422_;
};

}  // namespace fanlight
