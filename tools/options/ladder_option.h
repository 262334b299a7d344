// SPDX-License-Identifier: Apache-2.0
// Ladder option: the smaller renditions that --ladder asks for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/flags/units.h"

namespace fanlight {

struct RungOption {
  PictureSize size{};  // into which pictures are made to fit, pixels
  int quality = 0;     // 1..100; 0: the camera's
};

// Of one camera. Neither automatic nor with rungs: there is no ladder.
struct LadderOption {
  bool is_automatic = false;
  std::vector<RungOption> rungs{};  // from the largest to the smallest

  bool is_off() const { return !is_automatic && rungs.empty(); }
};

// `off`, `auto`, or `WxH[@qN]` once or several times, with commas between, at most
// Ladder::kLowerRungsMax, none larger than the one before. Throws std::invalid_argument.
LadderOption parse_ladder(std::string_view text);

// What parse_ladder() reads.
std::string ladder_text(const LadderOption& ladder);

// How many lower rungs rungs_of() has at most.
size_t most_rungs_of(const LadderOption& ladder);

// The rungs for pictures of this size and quality. `auto` stands for half of the width and height
// at quality 70 and a quarter at 60, or less if the camera's is, as long as they are at least
// kRungWidthMin wide. Throws std::invalid_argument for one that is larger than the picture.
inline constexpr int kRungWidthMin = 320;
std::vector<RungOption> rungs_of(const LadderOption& ladder, PictureSize picture, int quality);

}  // namespace fanlight
