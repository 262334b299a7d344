// SPDX-License-Identifier: Apache-2.0
#include "database/stock_database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>
#include <vector>

#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

namespace fs = std::filesystem;
using Row = std::vector<std::string>;

// A database for one test, as another program would write it. Owns: its folder.
class TestFile {
 public:
  TestFile() {
    std::string pattern = (fs::temp_directory_path() / "stock-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    EXPECT_EQ(sqlite3_open(path().c_str(), &writer_), SQLITE_OK);
    run("CREATE TABLE stock(symbol, name, price, volume)");
  }
  ~TestFile() {
    sqlite3_close(writer_);
    fs::remove_all(folder_);
  }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  std::string path() const { return folder_ + "/stock.db"; }
  std::string folder() const { return folder_; }
  int try_to(const std::string& sql) {
    return sqlite3_exec(writer_, sql.c_str(), nullptr, nullptr, nullptr);
  }
  void run(const std::string& sql) {
    EXPECT_EQ(try_to(sql), SQLITE_OK) << sql << ": " << sqlite3_errmsg(writer_);
  }
  void add_rows(int rows) {
    run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(rows) + ") INSERT INTO stock SELECT 'S' || i, 'name', i, i FROM n");
  }

 private:
  std::string folder_;
  sqlite3* writer_ = nullptr;
};

std::vector<Row> rows_of(const TablePage& page) {
  std::vector<Row> rows;
  for (size_t offset = 0; offset < page.size();) {
    Row row;
    for (size_t i = 0; i < TablePage::kColumns; ++i) row.emplace_back(page.cell(offset));
    rows.push_back(row);
  }
  return rows;
}

// Reads all rows, page by page, as the http floor requests them.
std::vector<Row> read_all(StockDatabase& database, size_t rows_max = 1'000'000) {
  std::vector<Row> rows;
  TablePage page;
  int64_t first_row = kFirstRow;
  while (true) {
    page.begin(rows_max);
    EXPECT_EQ(database.read(first_row, page), TableStatus::ok) << database.error();
    for (Row& row : rows_of(page)) rows.push_back(row);
    if (page.is_last() || database.error() != "") return rows;
    first_row = page.last_row() + 1;
  }
}

TableStatus read_one(StockDatabase& database) {
  TablePage page;
  page.begin(1);
  return database.read(kFirstRow, page);
}

TEST(StockDatabase, SampleHasRows) {
  StockDatabase sample;
  const auto rows = read_all(sample);
  ASSERT_GE(rows.size(), 5u);
  EXPECT_EQ(rows[1], (Row{"BRCH", "Birch & Bark", "17.2", "89000"}));
  sample.close();
  EXPECT_EQ(read_all(sample), rows);
}

TEST(StockDatabase, ReadsRowsInOrderAndOnceAtAnyPageSize) {
  TestFile file;
  file.run(
      "INSERT INTO stock(_rowid_, symbol) VALUES (-9223372036854775808, 'first'), (-1, 'b'),"
      "(9223372036854775807, 'last'), (0, 'c')");
  for (const size_t rows_max : {1u, 2u, 3u, 100u}) {
    StockDatabase database(file.path());
    const auto rows = read_all(database, rows_max);
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_EQ(rows[0], (Row{"first", "", "", ""}));
    EXPECT_EQ(rows[1][0] + rows[2][0], "bc");
    EXPECT_EQ(rows[3][0], "last");
  }
}

TEST(StockDatabase, ManyRowsTakeManyPages) {
  TestFile file;
  file.add_rows(10'000);
  StockDatabase database(file.path());
  const auto rows = read_all(database);
  ASSERT_EQ(rows.size(), 10'000u);
  EXPECT_EQ(rows[0], (Row{"S1", "name", "1", "1"}));
  EXPECT_EQ(rows[9'999], (Row{"S10000", "name", "10000", "10000"}));
}

TEST(StockDatabase, FailsEvenWithoutMemoryForTheReason) {
  TestFile file;
  file.run("DROP TABLE stock");
  std::vector<std::string> errors;
  errors.reserve(100);
  const int allocations = fail_each_allocation([&] {
    StockDatabase database(file.path());
    TablePage page;
    page.begin(1);
    if (database.read(kFirstRow, page) == TableStatus::failed) errors.push_back(database.error());
  });
  EXPECT_GT(allocations, 1);
  EXPECT_NE(std::ranges::find(errors, "no memory left"), errors.end());
  ASSERT_FALSE(errors.empty());
  EXPECT_NE(errors.back().find("no such table"), std::string::npos) << errors.back();
}

TEST(StockDatabase, EmptyTableIsValid) {
  TestFile file;
  StockDatabase database(file.path());
  EXPECT_TRUE(read_all(database).empty());
}

TEST(StockDatabase, ShowsEveryType) {
  TestFile file;
  file.run("INSERT INTO stock VALUES ('<b>', NULL, 12.5, -9223372036854775808)");
  file.run("INSERT INTO stock VALUES (x'00ff10', CAST(x'61ff62' AS TEXT), 1e300, 9e999)");
  file.run("INSERT INTO stock VALUES ('', CAST(x'610062' AS TEXT), -0.0, 3.0)");
  StockDatabase database(file.path());
  const auto rows = read_all(database);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], (Row{"<b>", "", "12.5", "-9223372036854775808"}));
  EXPECT_EQ(rows[1], (Row{"(3 bytes)", "a\uFFFDb", "1.0e+300", "Inf"}));
  EXPECT_EQ(rows[2][1], "a\uFFFDb");
  EXPECT_EQ(rows[2][3], "3.0");
}

// Such a value is not loaded, and it hides neither its row nor the rows after it.
TEST(StockDatabase, DoesNotLoadOversizedValues) {
  TestFile file;
  const std::string size = std::to_string(StockDatabase::kValueBytesMax);
  file.run("ALTER TABLE stock ADD COLUMN remarks");
  file.run("INSERT INTO stock VALUES ('A', 'a', 1, 1, zeroblob(4 * " + size + "))");
  file.run("INSERT INTO stock VALUES ('B', hex(zeroblob(" + size + ")), 2, 2, 'x')");
  file.run("INSERT INTO stock VALUES ('C', zeroblob(8 * " + size + "), hex(zeroblob(8)), 3, 'x')");
  file.run("INSERT INTO stock VALUES ('D', 'd', 4, 4, 'x')");
  for (const size_t rows_max : {1u, 100u}) {
    StockDatabase database(file.path());
    const auto rows = read_all(database, rows_max);
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_EQ(rows[0], (Row{"A", "a", "1", "1"}));
    EXPECT_EQ(rows[1], (Row{"B", "(too long)", "2", "2"}));
    EXPECT_EQ(rows[2], (Row{"C", "(too long)", "0000000000000000", "3"}));
    EXPECT_EQ(rows[3], (Row{"D", "d", "4", "4"}));
  }
}

TEST(StockDatabase, HoldsNoLockBetweenReads) {
  TestFile file;
  file.add_rows(1000);
  StockDatabase database(file.path());
  TablePage page;
  page.begin(10);
  ASSERT_EQ(database.read(kFirstRow, page), TableStatus::ok);
  file.run("BEGIN EXCLUSIVE; DELETE FROM stock WHERE _rowid_ BETWEEN 5 AND 20; COMMIT");
  page.begin(10);
  ASSERT_EQ(database.read(11, page), TableStatus::ok);
  EXPECT_EQ(rows_of(page)[0][0], "S21");
}

TEST(StockDatabase, LockedDatabaseIsBusyUntilReleased) {
  TestFile file;
  file.add_rows(1);
  StockDatabase database(file.path());
  for (int i = 0; i < 2; ++i) {
    file.run("BEGIN EXCLUSIVE");
    EXPECT_EQ(read_one(database), TableStatus::busy);
    EXPECT_EQ(database.error(), file.path() + ": database is locked");
    file.run("COMMIT");
    EXPECT_EQ(read_one(database), TableStatus::ok);
    EXPECT_EQ(database.error(), "");
  }
}

TEST(StockDatabase, FailsWithoutAStockTable) {
  TestFile file;
  file.run("DROP TABLE stock");
  StockDatabase database(file.path());
  EXPECT_EQ(read_one(database), TableStatus::failed);
  EXPECT_EQ(database.error(), file.path() + ": no such table: stock");
  file.run("CREATE TABLE stock(symbol, name)");
  EXPECT_EQ(read_one(database), TableStatus::failed);
  EXPECT_EQ(database.error(), file.path() + ": no such column: price");
  file.run(
      "DROP TABLE stock; CREATE TABLE a(symbol, name, price, volume);"
      "CREATE VIEW stock AS SELECT * FROM a");
  EXPECT_EQ(read_one(database), TableStatus::failed);
  file.run("DROP VIEW stock; CREATE TABLE stock(symbol, name, price, volume)");
  EXPECT_EQ(read_one(database), TableStatus::ok);
}

TEST(StockDatabase, MissingFileFailsAndIsNotCreated) {
  TestFile file;
  StockDatabase database(file.folder() + "/none.db");
  EXPECT_EQ(read_one(database), TableStatus::failed);
  EXPECT_EQ(database.error(), file.folder() + "/none.db: unable to open database file");
  EXPECT_FALSE(fs::exists(file.folder() + "/none.db"));
}

TEST(StockDatabase, SeesAReplacedFileAfterClose) {
  TestFile file;
  file.add_rows(1);
  StockDatabase database(file.path());
  EXPECT_EQ(read_all(database).size(), 1u);
  TestFile other;
  other.add_rows(2);
  fs::rename(other.path(), file.path());
  database.close();
  EXPECT_EQ(read_all(database).size(), 2u);
}

TEST(StockDatabase, TreatsSpecialSqliteNamesAsFiles) {
  TestFile file;
  file.add_rows(1);
  const fs::path before = fs::current_path();
  fs::current_path(file.folder());
  fs::copy("stock.db", ":memory:");
  fs::create_directory("file:");
  fs::copy("stock.db", "file:/x?mode=memory");
  StockDatabase memory(":memory:"), uri("file:/x?mode=memory");
  fs::current_path(before);
  EXPECT_EQ(read_all(memory).size(), 1u);
  EXPECT_EQ(read_all(uri).size(), 1u);
}

TEST(StockDatabase, FailsOnFilesThatAreNotDatabases) {
  TestFile file;
  std::ofstream(file.folder() + "/text") << std::string(5000, 'x');
  StockDatabase text(file.folder() + "/text");
  EXPECT_EQ(read_one(text), TableStatus::failed);
  EXPECT_EQ(text.error(), file.folder() + "/text: file is not a database");
  StockDatabase folder(file.folder());
  EXPECT_EQ(read_one(folder), TableStatus::failed);
}

// Every page is damaged in turn: the results are existing rows or an error, and reading ends.
TEST(StockDatabase, DamagedFileGivesAnErrorOrRows) {
  TestFile file;
  file.add_rows(2000);
  const auto size = fs::file_size(file.path());
  const std::string damaged = file.folder() + "/damaged.db";
  int failures = 0;
  for (size_t at = 0; at < size; at += 1024) {
    for (const char filler : {'\0', '\1', '\xff'}) {
      fs::copy_file(file.path(), damaged, fs::copy_options::overwrite_existing);
      std::fstream stream(damaged, std::ios::in | std::ios::out | std::ios::binary);
      stream.seekp(static_cast<std::streamoff>(at));
      stream << std::string(512, filler);
      stream.close();
      StockDatabase database(damaged);
      TablePage page;
      int64_t first_row = kFirstRow;
      TableStatus status = TableStatus::ok;
      size_t rows = 0;
      do {
        page.begin(100);
        status = database.read(first_row, page);
        rows += page.rows();
        ASSERT_LE(rows, 100'000u) << "at " << at;
        if (page.rows() > 0) first_row = page.last_row() + 1;
      } while (status == TableStatus::ok && !page.is_last());
      if (status == TableStatus::failed) ++failures;
      EXPECT_NE(status, TableStatus::busy);
    }
  }
  EXPECT_GT(failures, 20);
}

TEST(StockDatabase, MissingFileAtStartIsReportedWithItsErrno) {
  TestFile file;
  EXPECT_NO_THROW(StockDatabase::check_file(file.path()));
  const auto code_of = [](const std::string& path) {
    try {
      StockDatabase::check_file(path);
    } catch (const std::system_error& error) {
      return error.code().value();
    }
    return 0;
  };
  EXPECT_EQ(code_of(file.folder() + "/none"), ENOENT);
  EXPECT_EQ(code_of(file.folder()), EISDIR);
}

}  // namespace
}  // namespace fanlight
