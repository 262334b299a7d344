// SPDX-License-Identifier: Apache-2.0
#include "tools/options/ladder_option.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "capture/camera/ladder.h"

namespace fanlight {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw std::invalid_argument(fmt::format("'{}': {}", text, why));
}

// One of those of `ladder`, which a mistake quotes.
RungOption parse_rung(std::string_view text, std::string_view ladder) {
  constexpr std::string_view kQuality = "@q";
  RungOption rung;
  const size_t at = std::min(text.find(kQuality), text.size());
  try {
    rung.size = parse_picture_size(text.substr(0, at));
    if (at < text.size()) {
      rung.quality = static_cast<int>(parse_integer(text.substr(at + kQuality.size()), 1, 100));
    }
  } catch (const std::invalid_argument&) {
    refuse(ladder,
           "auto, off, or WxH@qN is expected, as 1280x720@q80, several with commas between");
  }
  return rung;
}

bool is_below(const RungOption& rung, const RungOption& above) {
  if (rung.size.width > above.size.width || rung.size.height > above.size.height) return false;
  const bool is_smaller =
      rung.size.width < above.size.width || rung.size.height < above.size.height;
  return is_smaller || (rung.quality != 0 && rung.quality < above.quality);
}

constexpr std::array kAutomatic = {std::pair{2, 70}, std::pair{4, 60}};  // part of size; quality

std::vector<RungOption> automatic_rungs(PictureSize picture, int quality) {
  std::vector<RungOption> rungs;
  for (const auto& [part, best] : kAutomatic) {
    if (picture.width / part < kRungWidthMin) break;
    rungs.push_back({{picture.width / part, picture.height / part}, std::min(best, quality)});
  }
  return rungs;
}

}  // namespace

LadderOption parse_ladder(std::string_view text) {
  if (text == "off") return {};
  if (text == "auto") return {.is_automatic = true};
  LadderOption ladder;
  std::string_view rest = text;
  while (true) {
    const std::string_view each = rest.substr(0, rest.find(','));
    const RungOption rung = parse_rung(each, text);
    if (!ladder.rungs.empty() && !is_below(rung, ladder.rungs.back())) {
      refuse(text,
             fmt::format("{} must be smaller than the rung before it, or of lower quality", each));
    }
    ladder.rungs.push_back(rung);
    if (ladder.rungs.size() > Ladder::kLowerRungsMax) {
      refuse(text, fmt::format("at most {} rungs are possible", Ladder::kLowerRungsMax));
    }
    if (each.size() == rest.size()) return ladder;
    rest.remove_prefix(each.size() + 1);
  }
}

std::string ladder_text(const LadderOption& ladder) {
  if (ladder.is_automatic) return "auto";
  std::string text;
  for (const RungOption& rung : ladder.rungs) {
    text += fmt::format("{}{}x{}", text.empty() ? "" : ",", rung.size.width, rung.size.height);
    if (rung.quality != 0) text += fmt::format("@q{}", rung.quality);
  }
  return text.empty() ? "off" : text;
}

size_t most_rungs_of(const LadderOption& ladder) {
  return ladder.is_automatic ? kAutomatic.size() : ladder.rungs.size();
}

std::vector<RungOption> rungs_of(const LadderOption& ladder, PictureSize picture, int quality) {
  if (ladder.is_automatic) return automatic_rungs(picture, quality);
  std::vector<RungOption> rungs = ladder.rungs;
  for (RungOption& rung : rungs) {
    const bool holds_all = rung.size.width >= picture.width && rung.size.height >= picture.height;
    const bool is_same = rung.size.width == picture.width && rung.size.height == picture.height;
    if (holds_all && !is_same) {
      refuse(ladder_text({false, {rung}}), fmt::format("larger than the pictures, which are {}x{}",
                                                       picture.width, picture.height));
    }
    if (rung.quality == 0) rung.quality = quality;
  }
  return rungs;
}

}  // namespace fanlight
