// SPDX-License-Identifier: Apache-2.0
// Orientation: how a camera's pictures are rotated and mirrored before they are shown.
#pragma once

#include <utility>

namespace fanlight {

// The picture is rotated first and then mirrored, so `mirror` always swaps left and right as the
// viewer sees them.
struct Orientation {
  int rotate = 0;       // degrees clockwise: 0, 90, 180, 270
  bool mirror = false;  // left and right are swapped

  bool is_upright() const { return rotate == 0 && !mirror; }
  // Width and height are swapped.
  bool is_quarter_turn() const { return rotate == 90 || rotate == 270; }
  std::pair<int, int> size_of(int width, int height) const {
    return is_quarter_turn() ? std::pair{height, width} : std::pair{width, height};
  }
  // This orientation followed by `next`. A mirrored picture rotates the other way.
  Orientation then(Orientation next) const {
    const int turn = mirror ? 360 - next.rotate : next.rotate;
    return {(rotate + turn) % 360, mirror != next.mirror};
  }
  bool operator==(const Orientation&) const = default;
};

}  // namespace fanlight
