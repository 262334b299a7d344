// SPDX-License-Identifier: Apache-2.0
// RunningTable: the database of /stock-table and its thread, assembled from the options.
#pragma once

#include <memory>

#include "database/table_desk.h"
#include "database/table_reader.h"
#include "tools/options/options.h"

namespace fanlight {

// Owns: both. Thread: main's; the reader has its own.
class RunningTable {
 public:
  explicit RunningTable(std::unique_ptr<TableSource> source);

  TableDesk* desk() { return &desk_; }

  // False when the reader hangs on the disk; it then still runs.
  bool stop() noexcept;

 private:
  TableDesk desk_;
  TableReader reader_;
};

// The file of --stock-db, else the sample when the emulator is the only camera, else nullptr.
// Throws StartError: no_input or not_permitted when the file cannot be read. A readable file
// without such a table is a warning: it may be fixed while the server runs.
std::unique_ptr<RunningTable> open_table(const Options& options);

}  // namespace fanlight
