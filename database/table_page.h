// SPDX-License-Identifier: Apache-2.0
// TablePage: some rows of a table, on their way from the database to a client.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "database/cell_text.h"

namespace fanlight {

// Owns: its memory, of fixed size. Thread: its holder's.
// Invariant: cells hold only what copy_cell_text() writes.
class TablePage {
 public:
  static constexpr size_t kColumns = 4;
  static constexpr size_t kBytesMax = 8 << 10;

  // Leaves the memory untouched until rows are written into it.
  TablePage() {}

  // --- to write ---

  // Empties it, for at most this many rows.
  void begin(size_t rows_max) noexcept;
  // Whether no further row is wanted, or one might not fit.
  bool is_full() const noexcept;
  // A row's cells in order, then its number. Not when it is full.
  void add_cell(std::string_view value) noexcept;
  void end_row(int64_t row) noexcept;
  // No row follows these.
  void set_end() noexcept { is_last_ = true; }

  // --- to read ---

  size_t rows() const noexcept { return rows_; }
  bool is_last() const noexcept { return is_last_; }
  int64_t last_row() const noexcept { return last_row_; }  // of at least one

  // The cell at `offset`, 0 for the first; moves `offset` to the next. Only while offset < size().
  std::string_view cell(size_t& offset) const noexcept;
  size_t size() const noexcept { return size_; }

 private:
  // A byte for the cell's length before its text.
  static constexpr size_t kRowBytesMax = kColumns * (1 + kCellBytesMax);
  static_assert(kCellBytesMax <= std::numeric_limits<unsigned char>::max());

  size_t rows_max_ = 0;
  size_t rows_ = 0;
  size_t size_ = 0;
  int64_t last_row_ = 0;
  bool is_last_ = false;
  std::array<char, kBytesMax> bytes_;
};

}  // namespace fanlight
