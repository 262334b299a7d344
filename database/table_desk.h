// SPDX-License-Identifier: Apache-2.0
// TableDesk: where shards request rows, and the reader's thread answers.
//
// Like core/camera_panel.h: a query waits at the desk, the reader serves it when it can, and the
// answer travels back through the shard's Mailbox. Neither side waits for the other: a shard may
// give up at any time, even while the reader hangs on a disk that does not respond.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "core/counter.h"
#include "core/mailbox.h"
#include "core/time.h"
#include "database/table_page.h"
#include "database/table_source.h"

namespace fanlight {

class TableDesk;

// One client's place at the desk: its query for some rows, and the answer. Owned by the desk.
// Thread: the shard's, except between TableDesk::ask() and `answered`.
class TableQuery : public Message {
 public:
  static constexpr size_t kErrorBytesMax = 256;

  // Called on the shard's thread, out of its mailbox.
  using Answered = void (*)(void* owner) noexcept;

  // The query: rows from this number on, at most this many. For the reader.
  int64_t first_row() const noexcept { return first_row_; }
  size_t rows_max() const noexcept { return rows_max_; }

  // The answer: valid until the next ask().
  TableStatus status() const noexcept { return status_; }
  std::string_view error() const noexcept { return {error_.data(), error_size_}; }
  const TablePage& page() const noexcept { return page_; }
  TablePage& page() noexcept { return page_; }  // for the reader

  TableQuery() {}  // leaves the page untouched

 private:
  friend class TableDesk;
  enum class State : uint8_t {
    free,
    held,      // by a shard, which has not asked yet or has been answered
    waiting,   // for the reader
    serving,   // by the reader
    answered,  // in the shard's mailbox, or about to be
  };
  TableDesk* desk_ = nullptr;
  State state_ = State::free;
  uint64_t ticket_ = 0;  // the smallest is served first
  Mailbox* reply_to_ = nullptr;
  void* owner_ = nullptr;  // nullptr: given up, the answer is not wanted
  Answered answered_ = nullptr;
  int64_t first_row_ = kFirstRow;
  size_t rows_max_ = 0;
  TableStatus status_ = TableStatus::ok;
  size_t error_size_ = 0;
  std::array<char, kErrorBytesMax> error_;
  TablePage page_;
};

// Written by the reader's thread, read by any.
struct TableStats {
  Counter queries;  // answered, a page of rows each
  Counter rows_read;
  Counter errors;  // queries that failed, or found the database locked for too long
};

// Owns: the places. Thread: as noted below; the lock is never held while the database is read.
// Invariant: no place is taken when it is destroyed.
class TableDesk {
 public:
  static constexpr size_t kPlacesMax = 64;  // clients that read the table at the same time

  TableDesk();
  TableDesk(const TableDesk&) = delete;
  TableDesk& operator=(const TableDesk&) = delete;
  ~TableDesk();

  const TableStats& stats() const noexcept { return stats_; }

  // --- shards ---

  // A place, nullptr when all are taken.
  TableQuery* open() noexcept;
  // Requests rows from `first_row` on, at most `rows_max`; one query at a time. `reply_to` calls
  // `answered` with `owner` once, unless the place is released first.
  void ask(TableQuery& query, int64_t first_row, size_t rows_max, Mailbox& reply_to, void* owner,
           TableQuery::Answered answered) noexcept;
  // Releases the place, at any time; `answered` is not called after this. The mailbox may be
  // destroyed after its next delivery.
  void close(TableQuery& query) noexcept;

  // --- the reader ---

  enum class Work : uint8_t {
    read,  // a query is waiting
    rest,  // no place is taken any more; not twice in a row
    stop,
  };
  Work wait_for_work() noexcept;
  // The query that has waited longest, nullptr when there is none. Its page has been begun.
  TableQuery* take_next() noexcept;
  // `error`: one line for the log, when the status is not ok.
  void answer(TableQuery& query, TableStatus status, std::string_view error) noexcept;
  // Waits this long, or until stop(); true when it must stop.
  bool wait_to_stop(Duration patience) noexcept;

  // --- the thread that started the reader ---

  void stop() noexcept;

 private:
  static void deliver(Message& message) noexcept;
  TableQuery* oldest_waiting() noexcept;
  void give_back(TableQuery& query) noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool rested_ = true;
  uint64_t tickets_ = 0;
  size_t taken_ = 0;
  std::array<TableQuery, kPlacesMax> places_;
  TableStats stats_;
};

}  // namespace fanlight
