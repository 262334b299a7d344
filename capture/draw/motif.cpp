// SPDX-License-Identifier: Apache-2.0
#include "capture/draw/motif.h"

#include <array>
#include <cmath>
#include <numbers>

namespace fanlight {

void draw_fanlight(Canvas& canvas, Point centre, double radius, Colour colour) {
  const double bar = radius / 60;
  const double hub = radius * 0.3;
  canvas.stroke(arc(centre, radius, radius, 180, 360), bar, colour);
  canvas.stroke(arc(centre, hub, hub, 180, 360), bar, colour);
  canvas.stroke(std::array{Point{centre.x - radius, centre.y}, Point{centre.x + radius, centre.y}},
                bar, colour);
  for (int degrees = 210; degrees < 360; degrees += 30) {
    const double x = std::cos(degrees * std::numbers::pi / 180);
    const double y = std::sin(degrees * std::numbers::pi / 180);
    canvas.stroke(std::array{Point{centre.x + hub * x, centre.y + hub * y},
                             Point{centre.x + radius * x, centre.y + radius * y}},
                  bar, colour);
  }
}

}  // namespace fanlight
