// SPDX-License-Identifier: Apache-2.0
// Canvas: a 4:2:0 picture with rectangles, text and smooth strokes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "capture/picture/picture.h"

namespace fanlight {

// Full-range YCbCr, as JPEG has it.
struct Colour {
  uint8_t y = 0;
  uint8_t u = 128;
  uint8_t v = 128;
};

inline constexpr Colour kBlack{0, 128, 128};
inline constexpr Colour kWhite{255, 128, 128};

// Each of red, green, blue in 0..255 (JFIF 1.02, conversion to YCbCr).
constexpr Colour rgb(int red, int green, int blue) {
  const auto channel = [&](double r, double g, double b, double offset) {
    const double value = r * red + g * green + b * blue + offset + 0.5;
    return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
  };
  return {channel(0.299, 0.587, 0.114, 0), channel(-0.168736, -0.331264, 0.5, 128),
          channel(0.5, -0.418688, -0.081312, 128)};
}

// A weighted mean: `share` of `b`, 0..1, the rest `a`.
Colour mix(Colour a, Colour b, double share);

// Pixels; anything outside the canvas is not drawn.
struct Rect {
  int x, y, width, height;
};

// A position in pixels, from the upper left corner.
struct Point {
  double x, y;
};

// Part of an ellipse as points for Canvas::stroke(). Angles in degrees, 0 to the right, 90 down.
std::vector<Point> arc(Point centre, double radius_x, double radius_y, double from, double to);

// Owns: three planes, padded to even sizes as RawView demands.
// Thread: one at a time.
class Canvas {
 public:
  // Black. Throws std::bad_alloc.
  Canvas(int width, int height);

  void fill(Colour colour) { fill_rect({0, 0, width_, height_}, colour); }
  void fill_rect(Rect rect, Colour colour);

  // From `top` to `bottom`, over the whole canvas.
  void fill_gradient(Colour top, Colour bottom);

  // Each pixel of the font becomes scale x scale pixels, scale >= 1. `x`, `y`: upper left corner.
  void text(int x, int y, int scale, std::string_view text, Colour colour);
  void text_centred(int y, int scale, std::string_view text, Colour colour);
  static int text_width(std::string_view text, int scale);
  static int text_height(int scale);

  // A line through all points with round ends and smooth edges; one point makes a disc.
  void stroke(std::span<const Point> points, double radius, Colour colour);

  RawView view() const;
  int width() const { return width_; }
  int height() const { return height_; }

 private:
  void blend(Rect area, const std::vector<uint8_t>& coverage, Colour colour);

  const int width_;
  const int height_;
  const int stride_;  // of Y; U and V have half of it
  const int chroma_stride_;
  std::vector<uint8_t> y_;
  std::vector<uint8_t> u_;
  std::vector<uint8_t> v_;
};

}  // namespace fanlight
