// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_choice.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "capture/v4l2/v4l2_format.h"

namespace fanlight {
namespace {

constexpr double kFpsDefault = 30;
constexpr double kFpsEnough = 25;
constexpr double kFpsTolerance = 0.99;  // 29.97 counts as 30
constexpr int64_t kPixelsEnough = 1920 * 1080;
constexpr int kSideEnough = 1920;

// The lowest wins; compared in the order of its members.
using Rank = std::tuple<int,      // coding, emulated ones last
                        int,      // distance from the requested size, pixels of width and height
                        bool,     // larger than needed
                        bool,     // too slow
                        double,   // how slow
                        int64_t,  // size, unless requested
                        int>;     // cost

Rank rank(const V4l2Offer& offer, const V4l2PixelFormat& format, const V4l2Size& size,
          const V4l2Wish& wish) {
  const int coding = static_cast<int>(format.coding) + (offer.is_emulated ? 3 : 0);
  const double fps_needed = wish.fps > 0 ? wish.fps : kFpsEnough;
  const bool is_slow = size.fps_max > 0 && size.fps_max < fps_needed * kFpsTolerance;
  const double slowness = is_slow ? -size.fps_max : 0;
  if (wish.width > 0) {
    const int distance = std::abs(size.width - wish.width) + std::abs(size.height - wish.height);
    return {coding, distance, false, is_slow, slowness, 0, format.cost};
  }
  const int64_t pixels = int64_t{size.width} * size.height;
  const bool is_too_large = pixels > kPixelsEnough || size.width > kSideEnough;
  return {coding, 0, is_too_large, is_slow, slowness, is_too_large ? pixels : -pixels, format.cost};
}

bool is_sensible(const V4l2Size& size) {
  return std::min(size.width, size.height) >= kPictureSideMin &&
         std::max(size.width, size.height) <= kPictureSideMax;
}

double fps_for(const V4l2Size& size, const V4l2Wish& wish) {
  const double fps = wish.fps > 0 ? wish.fps : kFpsDefault;
  return size.fps_max > 0 ? std::clamp(fps, size.fps_min, size.fps_max) : fps;
}

}  // namespace

std::optional<V4l2Choice> choose_v4l2_format(std::span<const V4l2Offer> offers,
                                             const V4l2Wish& wish) {
  std::optional<V4l2Choice> best;
  Rank best_rank{};
  for (const V4l2Offer& offer : offers) {
    const V4l2PixelFormat* format = find_v4l2_format(offer.fourcc);
    if (format == nullptr) continue;
    for (const V4l2Size& size : offer.sizes) {
      if (!is_sensible(size)) continue;
      const Rank this_rank = rank(offer, *format, size, wish);
      if (best && this_rank >= best_rank) continue;
      best_rank = this_rank;
      best = {offer.fourcc, offer.is_emulated, size.width, size.height, fps_for(size, wish)};
    }
  }
  return best;
}

}  // namespace fanlight
