// SPDX-License-Identifier: Apache-2.0
#include "database/table_reader.h"

#include <pthread.h>

#include <array>
#include <utility>

namespace fanlight {

TableReader::TableReader(TableDesk& desk, std::unique_ptr<TableSource> source)
    : desk_(desk), source_(std::move(source)), thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "table-reader");
}

TableReader::~TableReader() {
  desk_.stop();
  if (thread_.joinable()) thread_.join();
}

bool TableReader::stop_within(Duration patience) noexcept {
  desk_.stop();
  {
    std::unique_lock lock(mutex_);
    if (!ended_changed_.wait_for(lock, patience, [this] { return ended_; })) return false;
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void TableReader::run() noexcept {
  while (true) {
    const TableDesk::Work work = desk_.wait_for_work();
    if (work == TableDesk::Work::stop) break;
    if (work == TableDesk::Work::rest) source_->close();
    // It may have been given up in the meantime.
    if (TableQuery* query = desk_.take_next()) serve(*query);
  }
  source_->close();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  ended_changed_.notify_all();
}

void TableReader::serve(TableQuery& query) noexcept {
  TableStatus status = source_->read(query.first_row(), query.page());
  for (unsigned tries = 1; status == TableStatus::busy && tries < kTries; ++tries) {
    if (desk_.wait_to_stop(kBetweenTries)) break;
    query.page().begin(query.rows_max());
    status = source_->read(query.first_row(), query.page());
  }
  if (status == TableStatus::busy) return answer_all(query);
  desk_.answer(query, status, source_->error());
}

// Queries that arrived in the meantime have waited as well, and would find the same lock. All are
// taken before the first is answered: a client that learns of the lock may lift it and ask again,
// and that is a new query.
void TableReader::answer_all(TableQuery& first) noexcept {
  std::array<TableQuery*, TableDesk::kPlacesMax> taken{&first};
  size_t count = 1;
  while (count < taken.size()) {
    TableQuery* query = desk_.take_next();
    if (query == nullptr) break;
    taken[count++] = query;
  }
  for (size_t i = 0; i < count; ++i) {
    desk_.answer(*taken[i], TableStatus::busy, source_->error());
  }
}

}  // namespace fanlight
