// SPDX-License-Identifier: Apache-2.0
#include "database/cell_text.h"

#include <cstring>

#include "core/printable.h"

namespace fanlight {
namespace {

constexpr std::string_view kEllipsis = "\xe2\x80\xa6";  // U+2026

}  // namespace

size_t copy_cell_text(std::string_view value, std::span<char, kCellBytesMax> room) noexcept {
  size_t size = 0;
  size_t whole = 0;  // the size up to which an ellipsis would still fit
  while (!value.empty()) {
    const std::string_view shown = take_printable(value);
    if (size + shown.size() > room.size()) {
      std::memcpy(room.data() + whole, kEllipsis.data(), kEllipsis.size());
      return whole + kEllipsis.size();
    }
    std::memcpy(room.data() + size, shown.data(), shown.size());
    size += shown.size();
    if (size + kEllipsis.size() <= room.size()) whole = size;
  }
  return size;
}

}  // namespace fanlight
