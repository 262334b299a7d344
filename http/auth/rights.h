// SPDX-License-Identifier: Apache-2.0
// Rights: what someone may do, with all cameras or with some.
//
// In text: rights separated by commas, `watch,snapshot`, or `none`. `control@front` gives a right
// on one camera, and `control@front+yard` on two; without a camera a right holds for all.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fanlight {

enum class Right : uint8_t {
  watch = 1,     // streams and WebSockets
  snapshot = 2,  // single pictures
  state = 4,     // everything that is known about the server; the metrics
  control = 8,   // change controls
};

// A set of Right.
using RightSet = uint8_t;
inline constexpr RightSet kEveryRight = 15;
// What a user has whose line names no rights. All rights include the viewers' view of the state.
inline constexpr RightSet kUsualRights =
    static_cast<RightSet>(Right::watch) | static_cast<RightSet>(Right::snapshot);

// Owns: nothing; a value of fixed size. Thread: one at a time.
class Rights {
 public:
  // On how many cameras someone may have rights that differ from those on the others.
  static constexpr size_t kCamerasMax = 32;

  constexpr Rights() = default;
  explicit constexpr Rights(RightSet on_all) : on_all_(on_all) {}

  bool may(Right right, size_t camera) const noexcept {
    return (on(camera) & static_cast<RightSet>(right)) != 0;
  }
  bool may_on_all(Right right) const noexcept {
    return (on_all_ & static_cast<RightSet>(right)) != 0;
  }
  // Whether there is any right, on this camera, on every one, or anywhere.
  bool has_any(size_t camera) const noexcept { return on(camera) != 0; }
  bool has_any_on_all(size_t cameras) const noexcept;
  bool has_any_at_all() const noexcept { return on_all_ != 0 || count_ > 0; }

  void add_on_all(RightSet rights) noexcept { on_all_ = static_cast<RightSet>(on_all_ | rights); }
  // False when that would be one camera too many, or the index is above 65535.
  bool add(RightSet rights, size_t camera) noexcept;

  bool operator==(const Rights&) const = default;

 private:
  struct OfCamera {
    uint16_t camera = 0;
    RightSet rights = 0;
    bool operator==(const OfCamera&) const = default;
  };
  RightSet on(size_t camera) const noexcept;

  RightSet on_all_ = 0;
  uint8_t count_ = 0;
  std::array<OfCamera, kCamerasMax> some_{};
};

// Adds what `text` gives. Returns an empty view, or what is wrong, which quotes nothing (static
// lifetime). `cameras`: their names, by index.
std::string_view parse_rights(std::string_view text, std::span<const std::string> cameras,
                              Rights& rights) noexcept;

}  // namespace fanlight
