// SPDX-License-Identifier: Apache-2.0
// Chooses which of libcamera's cameras is opened, and which of its formats is used.
#pragma once

#include <libcamera/geometry.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "capture/libcamera/libcamera_formats.h"

namespace fanlight {

// The names of a camera.
struct LibcameraName {
  std::string id;     // its place on the bus, unique
  std::string model;  // two cameras may share it; may be empty
};

// The camera that `libcamera:ARGUMENT` means: the one with that ID, else the first of that model.
// Without an argument the one previously open (`identity`, an ID), else the first. Nothing when it
// is absent.
inline std::optional<size_t> choose_libcamera_camera(std::span<const LibcameraName> cameras,
                                                     std::string_view argument,
                                                     std::string_view identity) {
  const auto find = [&](auto is_it) -> std::optional<size_t> {
    const auto found = std::find_if(cameras.begin(), cameras.end(), is_it);
    if (found == cameras.end()) return std::nullopt;
    return static_cast<size_t>(found - cameras.begin());
  };
  if (argument.empty()) {
    const auto same = find([&](const auto& camera) { return camera.id == identity; });
    return same ? same : find([](const auto&) { return true; });
  }
  const auto named = find([&](const auto& camera) { return camera.id == argument; });
  return named ? named : find([&](const auto& camera) { return camera.model == argument; });
}

// What a camera offered when one of its formats was requested.
struct LibcameraOffer {
  const LibcameraPixelFormat* format = nullptr;  // in kLibcameraFormats
  libcamera::Size size;
};

// The chosen offer; nullptr when there is none. Motion JPEG whatever its size, because the camera's
// own JPEG is free; grey only when there is nothing else; otherwise the size nearest to `wanted`,
// and the cheapest format of that size.
inline const LibcameraOffer* choose_libcamera_offer(std::span<const LibcameraOffer> offers,
                                                    const libcamera::Size& wanted) {
  const auto rank = [&](const LibcameraOffer& offer) {
    const auto apart = [](unsigned a, unsigned b) { return a > b ? a - b : b - a; };
    const int kind = !offer.format->pixels ? 0 : offer.format->pixels == PixelFormat::grey ? 2 : 1;
    return std::tuple(
        kind,
        uint64_t{apart(offer.size.width, wanted.width)} + apart(offer.size.height, wanted.height),
        offer.format);
  };
  const auto best =
      std::min_element(offers.begin(), offers.end(),
                       [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return best == offers.end() ? nullptr : &*best;
}

}  // namespace fanlight
