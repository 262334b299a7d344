// SPDX-License-Identifier: Apache-2.0
// Cell text: the displayed form of a database value.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fanlight {

inline constexpr size_t kCellBytesMax = 120;

// Copies the displayed form of `value` into `room` (take_printable()) and returns how many bytes it
// wrote. A text that is too long is cut between two characters and ends with an ellipsis.
size_t copy_cell_text(std::string_view value, std::span<char, kCellBytesMax> room) noexcept;

}  // namespace fanlight
