// SPDX-License-Identifier: Apache-2.0
// TableReader: the thread that reads the table, so that a slow disk delays no frame.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "core/time.h"
#include "database/table_desk.h"
#include "database/table_source.h"

namespace fanlight {

// Owns: the thread and the source. Borrows the desk, which outlives it.
// Thread: made, stopped and destroyed by main; the source is the thread's own.
// Invariants: one page is read at a time, in the order of the queries, so no client delays another
//   for longer than a page; the source is closed when no one is reading the table.
class TableReader {
 public:
  // How often a locked database is tried, and the time between tries, before its readers get an
  // error: a second in all.
  static constexpr unsigned kTries = 20;
  static constexpr Duration kBetweenTries = 50ms;

  // Throws std::system_error when no thread can be started.
  TableReader(TableDesk& desk, std::unique_ptr<TableSource> source);
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;
  ~TableReader();

  // Waits for the page that is being read, at most this long. False: the thread hangs on the disk
  // and still runs, and nothing that it uses may be destroyed.
  bool stop_within(Duration patience) noexcept;

 private:
  void run() noexcept;
  void serve(TableQuery& query) noexcept;
  void answer_all(TableQuery& first) noexcept;

  TableDesk& desk_;
  const std::unique_ptr<TableSource> source_;
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace fanlight
