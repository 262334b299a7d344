// SPDX-License-Identifier: Apache-2.0
// CameraChoice: the cameras that one WebSocket carries.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fanlight {

// The chosen cameras, in order, without duplicates.
// Owns: their indexes. Thread: any one.
class CameraChoice {
 public:
  static constexpr size_t kMax = 16;

  // False if there are kMax already, or this camera is one of them.
  bool add(size_t camera) noexcept {
    const auto chosen = all();
    if (count_ == kMax || std::find(chosen.begin(), chosen.end(), camera) != chosen.end()) {
      return false;
    }
    cameras_[count_++] = static_cast<uint16_t>(camera);
    return true;
  }
  std::span<const uint16_t> all() const noexcept { return std::span(cameras_).first(count_); }

 private:
  size_t count_ = 0;
  std::array<uint16_t, kMax> cameras_{};
};

}  // namespace fanlight
