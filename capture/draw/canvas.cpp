// SPDX-License-Identifier: Apache-2.0
#include "capture/draw/canvas.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "capture/draw/font.h"
#include "core/check.h"

namespace fanlight {
namespace {

uint8_t blended(uint8_t under, uint8_t over, int coverage, int full) {
  return static_cast<uint8_t>((under * (full - coverage) + over * coverage + full / 2) / full);
}

void fill_plane(std::vector<uint8_t>& plane, int stride, Rect rect, uint8_t value) {
  for (int y = rect.y; y < rect.y + rect.height; ++y) {
    std::memset(plane.data() + y * stride + rect.x, value, static_cast<size_t>(rect.width));
  }
}

double distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length_squared = dx * dx + dy * dy;
  double along = 0;
  if (length_squared > 0) {
    along = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length_squared, 0.0, 1.0);
  }
  return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

Rect intersection(Rect a, Rect b) {
  const int left = std::max(a.x, b.x);
  const int top = std::max(a.y, b.y);
  const int right = std::min(a.x + a.width, b.x + b.width);
  const int bottom = std::min(a.y + a.height, b.y + b.height);
  return {left, top, std::max(right - left, 0), std::max(bottom - top, 0)};
}

// The pixels that a stroke can touch, starting at even coordinates, so that 2x2 pixels share their
// chroma.
Rect bounds(std::span<const Point> points, double radius) {
  Point low = points[0];
  Point high = points[0];
  for (const Point& p : points) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  const int left = static_cast<int>(std::floor(low.x - radius - 1)) & ~1;
  const int top = static_cast<int>(std::floor(low.y - radius - 1)) & ~1;
  return {left, top, static_cast<int>(std::ceil(high.x + radius + 1)) - left,
          static_cast<int>(std::ceil(high.y + radius + 1)) - top};
}

}  // namespace

Colour mix(Colour a, Colour b, double share) {
  const int coverage = static_cast<int>(share * 256);
  return {blended(a.y, b.y, coverage, 256), blended(a.u, b.u, coverage, 256),
          blended(a.v, b.v, coverage, 256)};
}

std::vector<Point> arc(Point centre, double radius_x, double radius_y, double from, double to) {
  const int steps = std::max(1, static_cast<int>(std::abs(to - from) / 5));
  std::vector<Point> points;
  for (int i = 0; i <= steps; ++i) {
    const double angle = (from + (to - from) * i / steps) * std::numbers::pi / 180;
    points.push_back(
        {centre.x + radius_x * std::cos(angle), centre.y + radius_y * std::sin(angle)});
  }
  return points;
}

Canvas::Canvas(int width, int height)
    : width_(width), height_(height), stride_((width + 1) & ~1), chroma_stride_(stride_ / 2) {
  CHECK(width > 0 && width <= 65535 && height > 0 && height <= 65535);
  const auto pixels = static_cast<size_t>(stride_) * static_cast<size_t>((height + 1) & ~1);
  y_.resize(pixels, kBlack.y);
  u_.resize(pixels / 4, kBlack.u);
  v_.resize(pixels / 4, kBlack.v);
}

void Canvas::fill_rect(Rect rect, Colour colour) {
  rect = intersection(rect, {0, 0, width_, height_});
  if (rect.width == 0 || rect.height == 0) return;
  fill_plane(y_, stride_, rect, colour.y);
  const int left = rect.x / 2;
  const int top = rect.y / 2;
  const Rect chroma{left, top, (rect.x + rect.width + 1) / 2 - left,
                    (rect.y + rect.height + 1) / 2 - top};
  fill_plane(u_, chroma_stride_, chroma, colour.u);
  fill_plane(v_, chroma_stride_, chroma, colour.v);
}

void Canvas::fill_gradient(Colour top, Colour bottom) {
  for (int y = 0; y < height_; y += 2) {
    fill_rect({0, y, width_, 2}, mix(top, bottom, double(y) / height_));
  }
}

int Canvas::text_width(std::string_view text, int scale) {
  return static_cast<int>(text.size()) * (kGlyphColumns + 1) * scale - (text.empty() ? 0 : scale);
}

int Canvas::text_height(int scale) {
  return kGlyphRows * scale;
}

void Canvas::text(int x, int y, int scale, std::string_view text, Colour colour) {
  CHECK(scale >= 1);
  for (const char character : text) {
    const Glyph& glyph = glyph_of(character);
    for (int row = 0; row < kGlyphRows; ++row) {
      for (int column = 0; column < kGlyphColumns; ++column) {
        if (!glyph.has(column, row)) continue;
        fill_rect({x + column * scale, y + row * scale, scale, scale}, colour);
      }
    }
    x += (kGlyphColumns + 1) * scale;
  }
}

void Canvas::text_centred(int y, int scale, std::string_view text, Colour colour) {
  this->text((width_ - text_width(text, scale)) / 2, y, scale, text, colour);
}

// The coverage of all segments is accumulated first and blended once: segments overlap at their
// joints, and blending each would draw the smooth edges twice.
void Canvas::stroke(std::span<const Point> points, double radius, Colour colour) {
  CHECK(!points.empty());
  const Rect all = bounds(points, radius);
  std::vector<uint8_t> coverage(static_cast<size_t>(all.width * all.height));
  for (size_t i = 0; i < points.size(); ++i) {
    const Point a = points[i];
    const Point b = points[std::min(i + 1, points.size() - 1)];
    const Rect area = intersection(bounds(std::array{a, b}, radius), all);
    for (int y = area.y; y < area.y + area.height; ++y) {
      for (int x = area.x; x < area.x + area.width; ++x) {
        const double inside = radius + 0.5 - distance({x + 0.5, y + 0.5}, a, b);
        const auto share = static_cast<uint8_t>(std::clamp(inside, 0.0, 1.0) * 255);
        uint8_t& pixel = coverage[static_cast<size_t>((y - all.y) * all.width + x - all.x)];
        pixel = std::max(pixel, share);
      }
    }
  }
  blend(all, coverage, colour);
}

void Canvas::blend(Rect area, const std::vector<uint8_t>& coverage, Colour colour) {
  const Rect visible = intersection(area, {0, 0, width_, height_});
  const auto at = [&](int x, int y) -> int {
    if (x >= area.x + area.width || y >= area.y + area.height) return 0;
    return coverage[static_cast<size_t>((y - area.y) * area.width + x - area.x)];
  };
  for (int y = visible.y; y < visible.y + visible.height; ++y) {
    for (int x = visible.x; x < visible.x + visible.width; ++x) {
      uint8_t& pixel = y_[static_cast<size_t>(y * stride_ + x)];
      pixel = blended(pixel, colour.y, at(x, y), 255);
      if (x % 2 != 0 || y % 2 != 0) continue;
      const int four = at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1);
      const auto chroma = static_cast<size_t>(y / 2 * chroma_stride_ + x / 2);
      u_[chroma] = blended(u_[chroma], colour.u, four, 4 * 255);
      v_[chroma] = blended(v_[chroma], colour.v, four, 4 * 255);
    }
  }
}

RawView Canvas::view() const {
  return {.planes = {y_.data(), u_.data(), v_.data()},
          .strides = {stride_, chroma_stride_, chroma_stride_}};
}

}  // namespace fanlight
