// SPDX-License-Identifier: Apache-2.0
#include "http/auth/rights.h"

#include <algorithm>
#include <utility>

namespace fanlight {
namespace {

constexpr std::string_view kExpected =
    "rights are watch, snapshot, state and control, separated by commas, or none";

std::string_view take_until(char end, std::string_view& text) {
  const size_t size = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

// 0 if there is no such right.
RightSet right_named(std::string_view name) {
  for (const auto& [known, right] :
       {std::pair{"watch", Right::watch}, std::pair{"snapshot", Right::snapshot},
        std::pair{"state", Right::state}, std::pair{"control", Right::control}}) {
    if (name == known) return static_cast<RightSet>(right);
  }
  return 0;
}

}  // namespace

RightSet Rights::on(size_t camera) const noexcept {
  RightSet rights = on_all_;
  for (size_t i = 0; i < count_; ++i) {
    if (some_[i].camera == camera) rights = static_cast<RightSet>(rights | some_[i].rights);
  }
  return rights;
}

bool Rights::has_any_on_all(size_t cameras) const noexcept {
  for (size_t camera = 0; camera < cameras; ++camera) {
    if (!has_any(camera)) return false;
  }
  return true;
}

bool Rights::add(RightSet rights, size_t camera) noexcept {
  if (camera > UINT16_MAX) return false;
  const auto end = some_.begin() + count_;
  const auto found =
      std::find_if(some_.begin(), end, [&](const OfCamera& each) { return each.camera == camera; });
  if (found == end) {
    if (count_ == kCamerasMax) return false;
    ++count_;
    found->camera = static_cast<uint16_t>(camera);
  }
  found->rights = static_cast<RightSet>(found->rights | rights);
  return true;
}

std::string_view parse_rights(std::string_view text, std::span<const std::string> cameras,
                              Rights& rights) noexcept {
  if (text == "none") return {};
  if (text.empty() || text.ends_with(',')) return kExpected;
  while (!text.empty()) {
    std::string_view one = take_until(',', text);
    const bool names_cameras = one.find('@') != one.npos;
    const RightSet right = right_named(take_until('@', one));
    if (right == 0) return kExpected;
    if (!names_cameras) {
      rights.add_on_all(right);
      continue;
    }
    if (one.empty() || one.ends_with('+')) return "the name of a camera is expected behind '@'";
    while (!one.empty()) {
      const auto named = std::find(cameras.begin(), cameras.end(), take_until('+', one));
      if (named == cameras.end()) return "there is no camera of the name behind '@'";
      if (!rights.add(right, static_cast<size_t>(named - cameras.begin()))) {
        return "rights on more than 32 cameras; leave out '@' for all";
      }
    }
  }
  return {};
}

}  // namespace fanlight
