// SPDX-License-Identifier: Apache-2.0
#include "database/stock_database.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <new>
#include <system_error>

#include "core/fd.h"

namespace fanlight {
namespace {

// A cache of 256 KiB; pages are read by read(2) and not mapped; damage is checked for.
constexpr const char* kSettings =
    "PRAGMA cache_size=-256; PRAGMA mmap_size=0; PRAGMA cell_size_check=1;";

constexpr const char* kSample =
    "CREATE TABLE stock(symbol TEXT, name TEXT, price REAL, volume INTEGER);"
    "INSERT INTO stock VALUES"
    "('ACRN','Acorn Lamps',41.75,120300),('BRCH','Birch & Bark',17.2,89000),"
    "('CNDL','Candlewick',8.05,1204000),('DUSK','Dusk Optics',230.5,5600),"
    "('EMBR','Ember Foundry',63.4,77120),('FANL','Fanlight Glass',99.99,31400),"
    "('GLOW','Glowworm Mills',3.85,2250000),('HRTH','Hearth & Sons',54.1,18750);";

// `_rowid_` is SQLite's own key of every ordinary table (sqlite.org, "ROWIDs and the INTEGER
// PRIMARY KEY"), in whose order they are stored: nothing is sorted or skipped.
constexpr const char* kRows =
    "SELECT _rowid_, symbol, name, price, volume FROM stock WHERE _rowid_ >= ?1 ORDER BY _rowid_";
constexpr const char* kNextRow =
    "SELECT _rowid_ FROM stock WHERE _rowid_ >= ?1 ORDER BY _rowid_ LIMIT 1";
constexpr std::array kCells = {
    "SELECT symbol FROM stock WHERE _rowid_ = ?1",
    "SELECT name FROM stock WHERE _rowid_ = ?1",
    "SELECT price FROM stock WHERE _rowid_ = ?1",
    "SELECT volume FROM stock WHERE _rowid_ = ?1",
};
static_assert(kCells.size() == TablePage::kColumns);

// The file comes from elsewhere: it must not run its own code (triggers, views, functions in its
// schema), and its pages are not trusted.
void distrust(sqlite3* connection) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
}

// Any type of SQLite: NULL is an empty cell, and for a BLOB only its size is shown.
void add_value(sqlite3_stmt* statement, int column, TablePage& page) {
  const int type = sqlite3_column_type(statement, column);
  if (type == SQLITE_BLOB) {
    char text[40];
    const auto end =
        fmt::format_to_n(text, sizeof text, "({} bytes)", sqlite3_column_bytes(statement, column))
            .out;
    return page.add_cell({text, static_cast<size_t>(end - text)});
  }
  // The text first: sqlite3_column_bytes() then counts its bytes.
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  if (text == nullptr) return page.add_cell({});
  page.add_cell({text, static_cast<size_t>(sqlite3_column_bytes(statement, column))});
}

}  // namespace

void StockDatabase::Closer::operator()(sqlite3* connection) const noexcept {
  sqlite3_close(connection);
}

void StockDatabase::Closer::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

StockDatabase::StockDatabase() = default;

// Absolute, because SQLite does not take `:memory:` and `file:` for file names.
StockDatabase::StockDatabase(std::string_view path)
    : path_(std::filesystem::absolute(path).string()) {}

StockDatabase::~StockDatabase() = default;

void StockDatabase::check_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    throw std::system_error(errno, std::generic_category());
  }
  if (!S_ISREG(status.st_mode)) throw std::system_error(EISDIR, std::generic_category());
}

void StockDatabase::close() noexcept {
  rows_.reset();
  connection_.reset();
}

TableStatus StockDatabase::fail(int code) noexcept {
  const char* what = connection_ ? sqlite3_errmsg(connection_.get()) : sqlite3_errstr(code);
  set_error(path_.empty() ? std::string_view("the sample") : path_, what);
  const bool busy = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
  // A failed connection is of no further use: the file may have been replaced.
  if (!busy) close();
  return busy ? TableStatus::busy : TableStatus::failed;
}

void StockDatabase::set_error(std::string_view database, std::string_view what) noexcept {
  try {
    error_ = fmt::format("{}: {}", database, what);
  } catch (const std::bad_alloc&) {
    error_ = "no memory left";  // short enough to be stored in place
  }
}

TableStatus StockDatabase::prepare(const char* sql, Statement& statement) noexcept {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v2(connection_.get(), sql, -1, &made, nullptr);
  statement.reset(made);
  return code == SQLITE_OK ? TableStatus::ok : fail(code);
}

TableStatus StockDatabase::open() noexcept {
  const bool is_sample = path_.empty();
  const int access = is_sample ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY : SQLITE_OPEN_READONLY;
  sqlite3* made = nullptr;
  int code = sqlite3_open_v2(is_sample ? ":memory:" : path_.c_str(), &made,
                             access | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(made);
  if (code == SQLITE_OK) {
    distrust(made);
    sqlite3_limit(made, SQLITE_LIMIT_LENGTH, kValueBytesMax);
    code = sqlite3_exec(made, kSettings, nullptr, nullptr, nullptr);
  }
  if (code == SQLITE_OK && is_sample) code = sqlite3_exec(made, kSample, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return TableStatus::ok;
  const TableStatus status = fail(code);
  close();  // even if it was locked: its settings are missing
  return status;
}

TableStatus StockDatabase::read(int64_t first_row, TablePage& page) noexcept {
  error_.clear();
  TableStatus status = connection_ ? TableStatus::ok : open();
  if (status == TableStatus::ok && !rows_) status = prepare(kRows, rows_);
  while (status == TableStatus::ok && !page.is_full() && !page.is_last()) {
    bool too_long = false;
    status = read_rows(first_row, page, too_long);
    if (too_long) status = read_long_row(first_row, page);
  }
  return status;
}

// Moves `first_row` past the rows that it has read. `too_long`: the next one has a value that is.
TableStatus StockDatabase::read_rows(int64_t& first_row, TablePage& page, bool& too_long) noexcept {
  sqlite3_bind_int64(rows_.get(), 1, first_row);
  int code = SQLITE_ROW;
  while (!page.is_full() && !page.is_last() && (code = sqlite3_step(rows_.get())) == SQLITE_ROW) {
    const int64_t row = sqlite3_column_int64(rows_.get(), 0);
    // Otherwise a damaged tree could lead in circles forever.
    if (row < first_row) {
      sqlite3_reset(rows_.get());
      set_error(path_, "rows are out of order; the database is damaged");
      close();
      return TableStatus::failed;
    }
    for (int column = 1; column <= int{TablePage::kColumns}; ++column) {
      add_value(rows_.get(), column, page);
    }
    page.end_row(row);
    if (row == std::numeric_limits<int64_t>::max()) {
      page.set_end();
    } else {
      first_row = row + 1;
    }
  }
  const bool ended = code == SQLITE_DONE;
  if (ended) page.set_end();
  if (!ended && code != SQLITE_ROW) {
    too_long = code == SQLITE_TOOBIG;
    const TableStatus status = too_long ? TableStatus::ok : fail(code);
    if (rows_) sqlite3_reset(rows_.get());
    return status;
  }
  sqlite3_reset(rows_.get());  // releases the lock
  return TableStatus::ok;
}

// A row with a value that SQLite refuses to load: cell by cell, so that the others are shown.
TableStatus StockDatabase::read_long_row(int64_t& first_row, TablePage& page) noexcept {
  Statement next;
  TableStatus status = prepare(kNextRow, next);
  if (status != TableStatus::ok) return status;
  sqlite3_bind_int64(next.get(), 1, first_row);
  const int code = sqlite3_step(next.get());
  if (code == SQLITE_DONE) {  // deleted in the meantime
    page.set_end();
    return TableStatus::ok;
  }
  if (code != SQLITE_ROW) {
    next.reset();
    return fail(code);
  }
  const int64_t row = sqlite3_column_int64(next.get(), 0);
  next.reset();
  for (const char* sql : kCells) {
    status = read_long_cell(row, sql, page);
    if (status != TableStatus::ok) return status;
  }
  page.end_row(row);
  if (row == std::numeric_limits<int64_t>::max()) page.set_end();
  first_row = row + 1;
  return TableStatus::ok;
}

TableStatus StockDatabase::read_long_cell(int64_t row, const char* sql, TablePage& page) noexcept {
  Statement cell;
  const TableStatus status = prepare(sql, cell);
  if (status != TableStatus::ok) return status;
  sqlite3_bind_int64(cell.get(), 1, row);
  const int code = sqlite3_step(cell.get());
  if (code == SQLITE_TOOBIG) {
    page.add_cell("(too long)");
  } else if (code == SQLITE_ROW) {
    add_value(cell.get(), 0, page);
  } else if (code == SQLITE_DONE) {  // deleted in the meantime
    page.add_cell({});
  } else {
    cell.reset();
    return fail(code);
  }
  return TableStatus::ok;
}

}  // namespace fanlight
