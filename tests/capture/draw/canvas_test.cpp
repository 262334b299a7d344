// SPDX-License-Identifier: Apache-2.0
#include "capture/draw/canvas.h"

#include <gtest/gtest.h>

#include <array>

#include "capture/draw/font.h"

namespace fanlight {
namespace {

Colour pixel(const Canvas& canvas, int x, int y) {
  const RawView view = canvas.view();
  return {view.planes[0][y * view.strides[0] + x], view.planes[1][y / 2 * view.strides[1] + x / 2],
          view.planes[2][y / 2 * view.strides[2] + x / 2]};
}

int count_bright(const Canvas& canvas) {
  int count = 0;
  for (int y = 0; y < canvas.height(); ++y) {
    for (int x = 0; x < canvas.width(); ++x) count += pixel(canvas, x, y).y > 127;
  }
  return count;
}

TEST(Canvas, UsesJfifColours) {
  EXPECT_EQ(rgb(255, 255, 255).y, 255);
  EXPECT_EQ(rgb(255, 255, 255).u, 128);
  EXPECT_EQ(rgb(0, 0, 0).y, 0);
  const Colour red = rgb(255, 0, 0);
  EXPECT_EQ(red.y, 76);
  EXPECT_EQ(red.u, 85);
  EXPECT_EQ(red.v, 255);
  EXPECT_EQ(mix(kBlack, kWhite, 0).y, 0);
  EXPECT_EQ(mix(kBlack, kWhite, 1).y, 255);
  EXPECT_NEAR(mix(kBlack, kWhite, 0.5).y, 128, 1);
}

TEST(Canvas, FillsExactlyTheRectangle) {
  Canvas canvas(20, 10);
  canvas.fill_rect({4, 2, 6, 4}, kWhite);
  EXPECT_EQ(count_bright(canvas), 24);
  EXPECT_EQ(pixel(canvas, 4, 2).y, 255);
  EXPECT_EQ(pixel(canvas, 9, 5).y, 255);
  EXPECT_EQ(pixel(canvas, 10, 5).y, 0);
  EXPECT_EQ(pixel(canvas, 4, 6).y, 0);
}

TEST(Canvas, FillsChromaUpToTheEdge) {
  Canvas canvas(8, 8);
  canvas.fill_rect({2, 2, 2, 2}, rgb(255, 0, 0));
  EXPECT_EQ(pixel(canvas, 2, 2).v, 255);
  EXPECT_EQ(pixel(canvas, 4, 2).v, 128);
  EXPECT_EQ(pixel(canvas, 0, 0).v, 128);
}

// AddressSanitizer checks accesses to the planes.
TEST(Canvas, ClipsToTheCanvas) {
  for (const int size : {1, 2, 3, 16, 17}) {
    Canvas canvas(size, size);
    canvas.fill_rect({-5, -5, 100, 100}, kWhite);
    EXPECT_EQ(count_bright(canvas), size * size);
    canvas.fill(kBlack);
    canvas.fill_rect({size, 0, 5, 5}, kWhite);
    canvas.fill_rect({-9, 0, 9, 5}, kWhite);
    canvas.fill_rect({0, 0, -3, 5}, kWhite);
    EXPECT_EQ(count_bright(canvas), 0);
    canvas.text(-7, -3, 2, "outside and \xff beyond", kWhite);
    canvas.stroke(std::array{Point{-20, -20}, Point{size + 20.0, size + 20.0}}, 3, kWhite);
    EXPECT_GT(count_bright(canvas), 0);
    canvas.stroke(std::array{Point{-90, 5}, Point{-50, 5}}, 3, kBlack);
    canvas.stroke(std::array{Point{5, 500}}, 3, kBlack);
    EXPECT_GT(count_bright(canvas), 0);
  }
}

TEST(Canvas, ScalesTheFont) {
  for (const int scale : {1, 2, 3}) {
    Canvas canvas(40, 40);
    canvas.text(4, 4, scale, "7", kWhite);
    const Glyph& glyph = glyph_of('7');
    for (int y = 0; y < kGlyphRows * scale; ++y) {
      for (int x = 0; x < kGlyphColumns * scale; ++x) {
        EXPECT_EQ(pixel(canvas, 4 + x, 4 + y).y == 255, glyph.has(x / scale, y / scale));
      }
    }
  }
}

TEST(Canvas, MeasuresTextWidth) {
  EXPECT_EQ(Canvas::text_width("", 3), 0);
  EXPECT_EQ(Canvas::text_width("H", 1), 5);
  EXPECT_EQ(Canvas::text_width("HH", 2), 22);
  Canvas canvas(101, 20);
  canvas.text_centred(2, 2, "HH", kWhite);
  const int left = (101 - 22) / 2;
  EXPECT_EQ(pixel(canvas, left, 2).y, 255);
  EXPECT_EQ(pixel(canvas, left - 1, 2).y, 0);
  EXPECT_EQ(pixel(canvas, left + 21, 2).y, 255);
  EXPECT_EQ(pixel(canvas, left + 22, 2).y, 0);
}

TEST(Canvas, StrokesAreRoundAndSmooth) {
  Canvas canvas(64, 64);
  canvas.stroke(std::array{Point{32, 32}}, 10, kWhite);
  EXPECT_NEAR(count_bright(canvas), 314, 12) << "the area of a disc";
  EXPECT_EQ(pixel(canvas, 31, 31).y, 255);
  EXPECT_EQ(pixel(canvas, 32, 43).y, 0);
  int between = 0;
  for (int x = 0; x < 64; ++x) {
    for (int y = 0; y < 64; ++y) {
      const int value = pixel(canvas, x, y).y;
      EXPECT_EQ(value, pixel(canvas, 63 - x, y).y) << "symmetric";
      between += value > 0 && value < 255;
    }
  }
  EXPECT_GT(between, 30);
}

TEST(Canvas, DoesNotDrawJointsTwice) {
  Canvas one(64, 32);
  Canvas many(64, 32);
  one.stroke(std::array{Point{10, 16}, Point{54, 16}}, 4.3, kWhite);
  std::vector<Point> points;
  for (int x = 10; x <= 54; ++x) points.push_back({static_cast<double>(x), 16});
  many.stroke(points, 4.3, kWhite);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 64; ++x) EXPECT_EQ(pixel(one, x, y).y, pixel(many, x, y).y);
  }
}

TEST(Canvas, ArcsBeginAndEndAtTheirAngles) {
  const auto points = arc({10, 20}, 5, 3, 0, 90);
  EXPECT_NEAR(points.front().x, 15, 1e-9);
  EXPECT_NEAR(points.front().y, 20, 1e-9);
  EXPECT_NEAR(points.back().x, 10, 1e-9);
  EXPECT_NEAR(points.back().y, 23, 1e-9);
}

TEST(Canvas, GradientRunsFromTopToBottom) {
  Canvas canvas(10, 101);
  canvas.fill_gradient(kBlack, kWhite);
  EXPECT_EQ(pixel(canvas, 5, 0).y, 0);
  EXPECT_GT(pixel(canvas, 5, 100).y, 240);
  for (int y = 1; y < 101; ++y) EXPECT_GE(pixel(canvas, 5, y).y, pixel(canvas, 5, y - 1).y);
}

}  // namespace
}  // namespace fanlight
