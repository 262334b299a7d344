// SPDX-License-Identifier: Apache-2.0
#include "tools/server/running_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "core/log.h"
#include "database/stock_database.h"
#include "tools/flags/exit_code.h"
#include "tools/server/shortage.h"

namespace fanlight {
namespace {

// Shutdown waits this long for a page that is being read.
constexpr Duration kStopPatience = 200ms;

void check_file(const std::string& path) {
  try {
    StockDatabase::check_file(path);
  } catch (const std::system_error& error) {
    if (is_shortage(error.code())) throw;
    const bool forbidden = error.code() == std::errc::permission_denied;
    throw StartError(forbidden ? ExitCode::not_permitted : ExitCode::no_input,
                     fmt::format("--stock-db {}: {}; name an SQLite database that can be read",
                                 path, error.code().message()));
  }
}

void warn_unless_readable(TableSource& source) {
  TablePage page;
  page.begin(1);
  if (source.read(kFirstRow, page) != TableStatus::ok) {
    log_warning("--stock-db {}; /stock-table answers with an error until that is fixed",
                source.error());
  }
  source.close();
}

}  // namespace

RunningTable::RunningTable(std::unique_ptr<TableSource> source)
    : reader_(desk_, std::move(source)) {}

bool RunningTable::stop() noexcept {
  return reader_.stop_within(kStopPatience);
}

std::unique_ptr<RunningTable> open_table(const Options& options) {
  if (!options.stock_db.empty()) {
    check_file(options.stock_db);
    auto file = std::make_unique<StockDatabase>(options.stock_db);
    warn_unless_readable(*file);
    return std::make_unique<RunningTable>(std::move(file));
  }
  const bool is_emulated =
      std::all_of(options.cameras.begin(), options.cameras.end(),
                  [](const CameraOptions& camera) { return camera.source == "emulator"; });
  if (!is_emulated) return nullptr;
  return std::make_unique<RunningTable>(std::make_unique<StockDatabase>());
}

}  // namespace fanlight
