// SPDX-License-Identifier: Apache-2.0
#include "database/table_page.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fanlight {
namespace {

void add_row(TablePage& page, int64_t row, const std::string& cell) {
  for (size_t i = 0; i < TablePage::kColumns; ++i) page.add_cell(cell);
  page.end_row(row);
}

std::vector<std::string> cells(const TablePage& page) {
  std::vector<std::string> all;
  for (size_t offset = 0; offset < page.size();) all.emplace_back(page.cell(offset));
  return all;
}

TEST(TablePage, ReturnsTheCellsThatWereAdded) {
  TablePage page;
  page.begin(10);
  for (const char* cell : {"A", "", "1.5", "x"}) page.add_cell(cell);
  page.end_row(-3);
  add_row(page, 7, "y");
  EXPECT_EQ(cells(page), (std::vector<std::string>{"A", "", "1.5", "x", "y", "y", "y", "y"}));
  EXPECT_EQ(page.rows(), 2u);
  EXPECT_EQ(page.last_row(), 7);
  EXPECT_FALSE(page.is_full());
  EXPECT_FALSE(page.is_last());
  page.set_end();
  EXPECT_TRUE(page.is_last());
}

TEST(TablePage, IsFullAfterTheRequestedRows) {
  TablePage page;
  page.begin(1);
  EXPECT_FALSE(page.is_full());
  add_row(page, 1, "x");
  EXPECT_TRUE(page.is_full());
  page.set_end();
  page.begin(2);
  EXPECT_EQ(page.size(), 0u);
  EXPECT_EQ(page.rows(), 0u);
  EXPECT_FALSE(page.is_last());
}

TEST(TablePage, IsFullBeforeARowMightNotFit) {
  TablePage page;
  page.begin(1'000'000);
  const std::string longest(kCellBytesMax, 'x');
  int64_t rows = 0;
  while (!page.is_full()) add_row(page, ++rows, longest);
  EXPECT_EQ(page.rows(), TablePage::kBytesMax / (4 * (kCellBytesMax + 1)));
  EXPECT_EQ(cells(page), std::vector<std::string>(page.rows() * 4, longest));
  page.begin(1'000'000);
  while (!page.is_full()) add_row(page, ++rows, "");
  EXPECT_GT(page.rows(), 1000u);
}

TEST(TablePageDeathTest, ReadingBeyondTheEndAborts) {
  TablePage page;
  page.begin(1);
  size_t offset = 0;
  EXPECT_DEATH((void)page.cell(offset), "offset < size_");
}

}  // namespace
}  // namespace fanlight
