// SPDX-License-Identifier: Apache-2.0
// EntityTags: the value of If-Match or If-None-Match.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace fanlight {

// Owns: nothing; views of the field's lines, which together are one list (RFC 9110 section 5.3).
// Thread: any one.
class EntityTags {
 public:
  static constexpr size_t kLinesMax = 4;

  // False if there are too many lines.
  bool add_line(std::string_view value) noexcept;

  // Whether the field is there at all.
  bool given() const noexcept { return count_ > 0; }

  // Whether `*` or `tag`, a strong tag with its quotes, is listed. Weak comparison is for
  // If-None-Match, the strong one for If-Match (RFC 9110 section 8.8.3.2).
  bool match_weakly(std::string_view tag) const noexcept { return match(tag, true); }
  bool match_strongly(std::string_view tag) const noexcept { return match(tag, false); }

 private:
  bool match(std::string_view tag, bool weakly) const noexcept;

  std::array<std::string_view, kLinesMax> lines_;
  size_t count_ = 0;
};

}  // namespace fanlight
