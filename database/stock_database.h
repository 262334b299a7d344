// SPDX-License-Identifier: Apache-2.0
// StockDatabase: the table stock(symbol, name, price, volume) of an SQLite database.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "database/table_source.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fanlight {

// Owns: the connection to the database and one statement, while the table is read.
// Thread: the reader's; check_file() any.
// Invariants: between two reads no lock is held (the statement is reset), so a writer is never
//   blocked for longer than one page. The file is never written and its memory never mapped: a
//   failing disk is an error, not a signal. Memory is bounded by the cache and kValueBytesMax.
class StockDatabase final : public TableSource {
 public:
  // A longer value is not loaded; its cell states that it is too long.
  static constexpr int kValueBytesMax = 256 << 10;

  // The sample: a few rows in memory.
  StockDatabase();
  // A file, which is opened by the first read().
  explicit StockDatabase(std::string_view path);
  ~StockDatabase() override;

  // Throws std::system_error when the file does not exist or may not be read (ENOENT, EACCES,
  // EISDIR).
  static void check_file(const std::string& path);

  TableStatus read(int64_t first_row, TablePage& page) noexcept override;
  const std::string& error() const noexcept override { return error_; }
  void close() noexcept override;

 private:
  struct Closer {
    void operator()(sqlite3* connection) const noexcept;
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Closer>;

  TableStatus open() noexcept;
  TableStatus prepare(const char* sql, Statement& statement) noexcept;
  TableStatus read_rows(int64_t& first_row, TablePage& page, bool& too_long) noexcept;
  TableStatus read_long_row(int64_t& first_row, TablePage& page) noexcept;
  TableStatus read_long_cell(int64_t row, const char* sql, TablePage& page) noexcept;
  TableStatus fail(int code) noexcept;
  void set_error(std::string_view database, std::string_view what) noexcept;

  const std::string path_;  // absolute; empty: the sample
  std::unique_ptr<sqlite3, Closer> connection_;
  Statement rows_;
  std::string error_;
};

}  // namespace fanlight
