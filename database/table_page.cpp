// SPDX-License-Identifier: Apache-2.0
#include "database/table_page.h"

#include <span>

#include "core/check.h"

namespace fanlight {

void TablePage::begin(size_t rows_max) noexcept {
  CHECK(rows_max > 0);
  rows_max_ = rows_max;
  rows_ = size_ = 0;
  is_last_ = false;
}

bool TablePage::is_full() const noexcept {
  return rows_ == rows_max_ || kBytesMax - size_ < kRowBytesMax;
}

void TablePage::add_cell(std::string_view value) noexcept {
  CHECK(kBytesMax - size_ > kCellBytesMax);
  const std::span<char, kCellBytesMax> room(bytes_.data() + size_ + 1, kCellBytesMax);
  const size_t bytes = copy_cell_text(value, room);
  bytes_[size_] = static_cast<char>(bytes);
  size_ += 1 + bytes;
}

void TablePage::end_row(int64_t row) noexcept {
  ++rows_;
  last_row_ = row;
}

std::string_view TablePage::cell(size_t& offset) const noexcept {
  CHECK(offset < size_);
  const size_t bytes = static_cast<unsigned char>(bytes_[offset]);
  const std::string_view text(bytes_.data() + offset + 1, bytes);
  offset += 1 + bytes;
  CHECK(offset <= size_);
  return text;
}

}  // namespace fanlight
