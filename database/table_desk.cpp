// SPDX-License-Identifier: Apache-2.0
#include "database/table_desk.h"

#include <algorithm>

#include "core/check.h"

namespace fanlight {

TableDesk::TableDesk() {
  for (TableQuery& query : places_) query.desk_ = this;
}

TableDesk::~TableDesk() {
  CHECK(taken_ == 0);
}

// ---- shards ----

TableQuery* TableDesk::open() noexcept {
  const std::lock_guard lock(mutex_);
  const auto free = std::find_if(places_.begin(), places_.end(), [](const TableQuery& query) {
    return query.state_ == TableQuery::State::free;
  });
  if (free == places_.end()) return nullptr;
  free->state_ = TableQuery::State::held;
  ++taken_;
  rested_ = false;
  return &*free;
}

void TableDesk::ask(TableQuery& query, int64_t first_row, size_t rows_max, Mailbox& reply_to,
                    void* owner, TableQuery::Answered answered) noexcept {
  CHECK(owner != nullptr && rows_max > 0);
  const std::lock_guard lock(mutex_);
  CHECK(query.state_ == TableQuery::State::held);
  query.state_ = TableQuery::State::waiting;
  query.ticket_ = ++tickets_;
  query.first_row_ = first_row;
  query.rows_max_ = rows_max;
  query.reply_to_ = &reply_to;
  query.owner_ = owner;
  query.answered_ = answered;
  changed_.notify_one();
}

void TableDesk::close(TableQuery& query) noexcept {
  const std::lock_guard lock(mutex_);
  switch (query.state_) {
    case TableQuery::State::held:
    case TableQuery::State::waiting:
      return give_back(query);
    case TableQuery::State::serving:
    case TableQuery::State::answered:
      // Its current holder releases it.
      CHECK(query.owner_ != nullptr);
      query.owner_ = nullptr;
      return;
    case TableQuery::State::free:
      break;
  }
  CHECK(false && "the place was given back before");
}

void TableDesk::give_back(TableQuery& query) noexcept {
  query.state_ = TableQuery::State::free;
  query.owner_ = nullptr;
  if (--taken_ == 0) changed_.notify_one();
}

void TableDesk::deliver(Message& message) noexcept {
  auto& query = static_cast<TableQuery&>(message);
  {
    const std::lock_guard lock(query.desk_->mutex_);
    // Given up by this same thread, or not at all.
    if (query.owner_ == nullptr) return query.desk_->give_back(query);
    query.state_ = TableQuery::State::held;
  }
  query.answered_(query.owner_);
}

// ---- the reader ----

TableDesk::Work TableDesk::wait_for_work() noexcept {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return stopping_ || oldest_waiting() != nullptr || (taken_ == 0 && !rested_);
  });
  if (stopping_) return Work::stop;
  if (oldest_waiting() != nullptr) return Work::read;
  rested_ = true;
  return Work::rest;
}

TableQuery* TableDesk::oldest_waiting() noexcept {
  TableQuery* first = nullptr;
  for (TableQuery& query : places_) {
    if (query.state_ != TableQuery::State::waiting) continue;
    if (first == nullptr || query.ticket_ < first->ticket_) first = &query;
  }
  return first;
}

TableQuery* TableDesk::take_next() noexcept {
  const std::lock_guard lock(mutex_);
  TableQuery* query = oldest_waiting();
  if (query == nullptr) return nullptr;
  query->state_ = TableQuery::State::serving;
  query->page_.begin(query->rows_max_);
  return query;
}

// Posts under the lock: a shard that releases its place then knows that the answer is in its
// mailbox or will never be.
void TableDesk::answer(TableQuery& query, TableStatus status, std::string_view error) noexcept {
  stats_.queries.add();
  stats_.rows_read.add(query.page_.rows());
  if (status != TableStatus::ok) stats_.errors.add();
  query.status_ = status;
  query.error_size_ = error.copy(query.error_.data(), query.error_.size());
  const std::lock_guard lock(mutex_);
  CHECK(query.state_ == TableQuery::State::serving);
  if (query.owner_ == nullptr) return give_back(query);
  query.state_ = TableQuery::State::answered;
  query.reply_to_->post(query, &TableDesk::deliver);
}

bool TableDesk::wait_to_stop(Duration patience) noexcept {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return stopping_; });
}

void TableDesk::stop() noexcept {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

}  // namespace fanlight
