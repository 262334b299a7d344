// SPDX-License-Identifier: Apache-2.0
#include "capture/source/emulator_source.h"

#include <algorithm>
#include <array>

#include "capture/draw/motif.h"

namespace fanlight {
namespace {

constexpr Colour kPaper[] = {rgb(38, 110, 122), rgb(196, 98, 52), rgb(92, 76, 148)};

// The strokes of a digit in a box one high, from its upper left corner.
std::vector<std::vector<Point>> strokes_of(size_t digit) {
  if (digit == 1) return {{{0.1, 0.2}, {0.36, 0}, {0.36, 1}}, {{0.1, 1}, {0.62, 1}}};
  if (digit == 2) {
    std::vector<Point> swan = arc({0.31, 0.29}, 0.29, 0.29, 190, 400);
    swan.insert(swan.end(), {{0.03, 1}, {0.62, 1}});
    return {swan};
  }
  std::vector<Point> bows = arc({0.3, 0.24}, 0.25, 0.24, 205, 450);
  const std::vector<Point> lower = arc({0.3, 0.74}, 0.3, 0.26, 270, 515);
  bows.insert(bows.end(), lower.begin(), lower.end());
  return {bows};
}

void draw_digit(Canvas& canvas, size_t digit, Point corner, double size, Colour colour) {
  for (std::vector<Point> stroke : strokes_of(digit)) {
    for (Point& p : stroke) p = {corner.x + p.x * size, corner.y + p.y * size};
    canvas.stroke(stroke, size * 0.085, colour);
  }
}

// Paper, the fanlight in it, the digit with its shadow, three dots that show which of the three
// this is, and the caption.
Canvas draw_card(size_t digit, int width, int height) {
  Canvas canvas(width, height);
  const Colour paper = kPaper[digit - 1];
  canvas.fill_gradient(mix(paper, kWhite, 0.12), mix(paper, kBlack, 0.22));
  const double unit = std::min(width / 4.0, height / 3.0) / 160;
  const double middle = width / 2.0;
  draw_fanlight(canvas, {middle, height * 0.80}, 220 * unit, mix(paper, kWhite, 0.22));

  const Point corner{middle - 81 * unit, height / 2.0 - 160 * unit};
  const double shadow = 7 * unit;
  draw_digit(canvas, digit, {corner.x + shadow, corner.y + shadow}, 250 * unit,
             mix(paper, kBlack, 0.45));
  draw_digit(canvas, digit, corner, 250 * unit, kWhite);

  for (size_t i = 1; i <= 3; ++i) {
    const Point dot{middle + (static_cast<double>(i) - 2) * 34 * unit, height / 2.0 + 168 * unit};
    canvas.stroke(std::array{dot}, 7 * unit, i == digit ? kWhite : mix(paper, kWhite, 0.35));
  }
  const int scale = std::max(1, static_cast<int>(2 * unit));
  canvas.text_centred(height - static_cast<int>(36 * unit), scale, "fanlight emulator",
                      mix(paper, kWhite, 0.85));
  return canvas;
}

}  // namespace

EmulatorSource::EmulatorSource(const SourceOptions& options, CameraClock& clock)
    : format_(drawn_format(options, 640, 480, 1)), clock_(clock), pacer_(clock, format_.interval) {
  for (size_t digit = 1; digit <= std::size(kPaper); ++digit) {
    cards_.push_back(draw_card(digit, format_.width, format_.height));
  }
}

std::optional<Picture> EmulatorSource::next(Instant deadline) {
  if (!pacer_.wait(deadline)) return std::nullopt;
  const Canvas& card = cards_[turn_];
  turn_ = (turn_ + 1) % cards_.size();
  return Picture{.jpeg = {},
                 .raw = card.view(),
                 .width = format_.width,
                 .height = format_.height,
                 .captured_wall = clock_.wall_now(),
                 .captured_at = clock_.now()};
}

}  // namespace fanlight
