// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/camera_names.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace fanlight {

CameraNames::CameraNames(std::vector<std::string> names)
    : names_(std::move(names)),
      named_(static_cast<size_t>(std::ranges::find(names_, std::string()) - names_.begin())),
      is_shown_(std::make_unique<std::atomic<bool>[]>(names_.size())) {
  for (size_t i = 0; i < names_.size(); ++i) {
    CHECK(names_[i].empty() == (i >= named_));
    is_shown_[i] = i < named_;
  }
}

std::optional<size_t> CameraNames::find(std::string_view name) const noexcept {
  for (size_t i = next_shown(0); i < size(); i = next_shown(i + 1)) {
    if (names_[i] == name) return i;
  }
  return std::nullopt;
}

size_t CameraNames::next_shown(size_t camera) const noexcept {
  while (camera < size() && !is_shown(camera)) ++camera;
  return camera;
}

void CameraNames::give(std::string name) noexcept {
  CHECK(named_ < size() && !name.empty());
  names_[named_] = std::move(name);
  ++named_;
}

void CameraNames::show(size_t camera, bool is_there) noexcept {
  CHECK(camera < named_);
  is_shown_[camera].store(is_there, std::memory_order_release);
}

}  // namespace fanlight
