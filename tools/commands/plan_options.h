// SPDX-License-Identifier: Apache-2.0
// The command line of `fanlight plan`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "tools/flags/units.h"

namespace fanlight {

struct PlanOptions {
  uint64_t wire = 0;         // bits a second
  uint64_t camera_wire = 0;  // the same unless given
  uint64_t viewers = 0;
  PictureSize size{};
  uint64_t picture_bytes = 0;  // by the size unless given
  double changed = 0.1;
  double browsers = 0.5;
  double fps = 30;
  double min_fps = 0.5;
  std::optional<double> price;  // of a GB (1e9 bytes)
  bool json = false;
};

// Of a picture of 1280x720 and 44 KB, as in the tables of README.md and docs/tuning.md.
inline constexpr double kBytesPerPixel = 44'000.0 / (1280 * 720);

// `arguments`: those behind `plan`. Nothing after --help, which it prints. Throws StartError
// (usage).
std::optional<PlanOptions> parse_plan_options(std::span<const std::string> arguments);

}  // namespace fanlight
