// SPDX-License-Identifier: Apache-2.0
// TableWorld: a shard in the simulation that has a table; the test is the database's reader.
#pragma once

#include <cstdint>
#include <string>

#include "database/table_desk.h"
#include "tests/http/raw_client.h"

namespace fanlight {

struct TableHolder {
  TableDesk desk;
};

// Owns: the desk, the world. Thread: one.
class TableWorld : public TableHolder, public ShardWorld {
 public:
  explicit TableWorld(double fps = 10) : ShardWorld(calm(fps), with(desk)) {}

  // Answers the oldest waiting query, if any, from a table with rows 1 to `rows`.
  bool serve(int64_t rows) {
    TableQuery* query = desk.take_next();
    if (query == nullptr) return false;
    TablePage& page = query->page();
    int64_t row = query->first_row() == kFirstRow ? 1 : query->first_row();
    for (; row <= rows && !page.is_full(); ++row) add_row(page, row);
    if (row > rows) page.set_end();
    desk.answer(*query, TableStatus::ok, "");
    return true;
  }
  // Answers queries until none is waiting.
  void serve_all(int64_t rows) {
    for (run_for(1ms); serve(rows);) run_for(1ms);
  }
  bool fail(TableStatus status, const std::string& error, int64_t rows_before = 0) {
    TableQuery* query = desk.take_next();
    if (query == nullptr) return false;
    for (int64_t i = 0; i < rows_before; ++i) add_row(query->page(), query->first_row() + i);
    desk.answer(*query, status, error);
    return true;
  }
  uint64_t rows_read() const { return desk.stats().rows_read.value(); }

  static std::string row_text(int64_t row) {
    const std::string number = std::to_string(row);
    return "<tr><td>S" + number + "<td>&lt;b&gt;&amp;&quot;&#39;" + number + "<td>1.5<td>" +
           number + "\n";
  }

 private:
  static void add_row(TablePage& page, int64_t row) {
    const std::string number = std::to_string(row);
    page.add_cell("S" + number);
    page.add_cell("<b>&\"'" + number);
    page.add_cell("1.5");
    page.add_cell(number);
    page.end_row(row);
  }
  static SimWorldConfig calm(double fps) {
    SimWorldConfig config;
    config.camera.fps = fps;
    config.camera.size_min = config.camera.size_max = 1'000;
    return config;
  }
  static ServerConfig with(TableDesk& desk) {
    ServerConfig config;
    config.table = &desk;
    return config;
  }
};

}  // namespace fanlight
