// SPDX-License-Identifier: Apache-2.0
// Cell text: what of a database's value is shown.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fanlight {

inline constexpr size_t kCellBytesMax = 120;

// Copies `value` into `room` as well-formed UTF-8 that HTML and JSON may hold, and returns how many
// bytes it wrote. What is no character (ill-formed sequences, controls, noncharacters) becomes
// U+FFFD, the replacement character; tabs and line ends become blanks. A text that is too long is
// cut between two characters and ends with an ellipsis.
size_t copy_cell_text(std::string_view value, std::span<char, kCellBytesMax> room) noexcept;

}  // namespace fanlight
