// SPDX-License-Identifier: Apache-2.0
// SharedText: a text that one thread occasionally replaces and any thread may copy.
#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace fanlight {

// Owns: the text.
// Thread: any. The lock is held for as long as it takes to copy kBytesMax.
// Invariant: the text is always complete and at most kBytesMax long, so a reader knows how much
//   room it needs and allocates nothing.
class SharedText {
 public:
  static constexpr size_t kBytesMax = 64 << 10;

  SharedText() = default;
  explicit SharedText(std::string text) { set(std::move(text)); }

  // False when the text is too long; the old one is kept.
  bool set(std::string text) noexcept {
    if (text.size() > kBytesMax) return false;
    const std::lock_guard lock(mutex_);
    text_.swap(text);
    return true;
  }

  // Copies the text to the beginning of `room` and returns that part.
  std::string_view copy(std::span<char, kBytesMax> room) const noexcept {
    const std::lock_guard lock(mutex_);
    text_.copy(room.data(), text_.size());
    return {room.data(), text_.size()};
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace fanlight
