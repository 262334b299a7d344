// SPDX-License-Identifier: Apache-2.0
#include "tests/capture/picture/raw_picture.h"

#include "capture/picture/raw_convert.h"
#include "core/random.h"

namespace fanlight {
namespace {

bool is_420(PixelFormat format) {
  return format == PixelFormat::yuv420 || format == PixelFormat::nv12 ||
         format == PixelFormat::nv21;
}

// The positions of the first Y, the second Y, U and V within four bytes.
struct Order {
  int luma, u, v;
};

Order order_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::yuyv:
      return {0, 1, 3};
    case PixelFormat::yvyu:
      return {0, 3, 1};
    case PixelFormat::uyvy:
      return {1, 0, 2};
    default:
      return {1, 2, 0};
  }
}

}  // namespace

RawPicture::RawPicture(PixelFormat format, int width, int height)
    : width_((width + 1) & ~1), height_((height + 1) & ~1), view_{.format = format} {
  const auto samples = static_cast<size_t>(width_ * height_);
  luma_.resize(samples);
  u_.resize(samples);
  v_.resize(samples);
  Random random(77);
  for (auto* plane : {&luma_, &u_, &v_}) {
    for (uint8_t& value : *plane) value = static_cast<uint8_t>(random.below(256));
  }
  lay_out();
}

void RawPicture::fill(uint8_t luma, uint8_t colour) {
  luma_.assign(luma_.size(), luma);
  u_.assign(u_.size(), colour);
  v_.assign(v_.size(), colour);
  lay_out();
}

// Every value from left to right; colour values change in every second column.
void RawPicture::fill_with_ramp() {
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      luma_[index(x, y)] = static_cast<uint8_t>(x);
      u_[index(x, y)] = static_cast<uint8_t>(x / 2);
      v_[index(x, y)] = static_cast<uint8_t>(255 - x / 2);
    }
  }
  lay_out();
}

int RawPicture::colour(size_t plane, int x, int y) const {
  const bool full = view_.format == PixelFormat::yuv444;
  const size_t at = index(full ? x : x & ~1, is_420(view_.format) ? y & ~1 : y);
  return plane == 1 ? u_[at] : v_[at];
}

uint8_t* RawPicture::add_plane(size_t plane, int stride, int rows) {
  memory_.push_back(std::make_unique<GuardedBytes>(static_cast<size_t>(stride * rows)));
  auto* data = reinterpret_cast<uint8_t*>(memory_.back()->span().data());
  view_.planes[plane] = data;
  view_.strides[plane] = stride;
  return data;
}

void RawPicture::lay_out() {
  memory_.clear();
  const PixelFormat format = view_.format;
  if (is_packed_rgb(format)) {
    const int bytes = format == PixelFormat::rgb || format == PixelFormat::bgr ? 3 : 4;
    uint8_t* data = add_plane(0, width_ * bytes, height_);
    Random random(78);
    for (int i = 0; i < width_ * height_ * bytes; ++i) {
      data[i] = static_cast<uint8_t>(random.below(256));
    }
    return;
  }
  if (format >= PixelFormat::yuyv) return lay_out_pairs();
  std::copy(luma_.begin(), luma_.end(), add_plane(0, width_, height_));
  if (format == PixelFormat::grey) return;
  const bool pairs = format >= PixelFormat::nv12;
  const int across = format == PixelFormat::yuv444 ? 1 : 2;
  const int down = is_420(format) ? 2 : 1;
  const int columns = width_ / across;
  uint8_t* u = add_plane(1, pairs ? 2 * columns : columns, height_ / down);
  uint8_t* v = pairs ? u + 1 : add_plane(2, columns, height_ / down);
  if (format == PixelFormat::nv21) std::swap(u, v);
  for (int y = 0; y < height_ / down; ++y) {
    for (int x = 0; x < columns; ++x) {
      const int to = (y * columns + x) * (pairs ? 2 : 1);
      u[to] = u_[index(x * across, y * down)];
      v[to] = v_[index(x * across, y * down)];
    }
  }
}

void RawPicture::lay_out_pairs() {
  const Order order = order_of(view_.format);
  uint8_t* data = add_plane(0, 2 * width_, height_);
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; x += 2, data += 4) {
      data[order.luma] = luma_[index(x, y)];
      data[order.luma + 2] = luma_[index(x + 1, y)];
      data[order.u] = u_[index(x, y)];
      data[order.v] = v_[index(x, y)];
    }
  }
}

}  // namespace fanlight
