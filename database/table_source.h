// SPDX-License-Identifier: Apache-2.0
// TableSource: where a table's rows come from. The seam between the database and its tests.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "database/table_page.h"

namespace fanlight {

enum class TableStatus : uint8_t {
  ok,
  busy,    // locked by a writer: it may be read later
  failed,  // missing, not a database, corrupt, another table: see error()
};

inline constexpr int64_t kFirstRow = std::numeric_limits<int64_t>::min();

// Thread: the reader's. Nothing is kept locked between two calls.
class TableSource {
 public:
  TableSource() = default;
  TableSource(const TableSource&) = delete;
  TableSource& operator=(const TableSource&) = delete;
  virtual ~TableSource() = default;

  // Adds rows to `page`, which was begun, in order of their numbers and from `first_row` on, until
  // it is full or there are no more. Rows added before a failure stay.
  virtual TableStatus read(int64_t first_row, TablePage& page) noexcept = 0;

  // What went wrong in the last read(), one line that names the file.
  virtual const std::string& error() const noexcept = 0;

  // Releases what is held between reads; the next one opens it again.
  virtual void close() noexcept = 0;
};

}  // namespace fanlight
