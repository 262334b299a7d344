// SPDX-License-Identifier: Apache-2.0
// TableDesk: where the shards ask for rows, and the thread that reads them answers.
//
// Like core/camera_panel.h: a question waits at the desk, the reader serves it when it can, and the
// answer travels back through the shard's Mailbox. Nobody waits for anybody: a shard gives up
// whenever it likes, also while the reader hangs in a disk that does not answer.
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

// One client's place at the desk: its question for some rows, and the answer. Owned by the desk.
// Thread: the shard's, but for the time between TableDesk::ask() and `answered`.
class TableQuery : public Message {
 public:
  static constexpr size_t kErrorBytesMax = 256;

  // Told on the shard's thread, out of its mailbox.
  using Answered = void (*)(void* owner) noexcept;

  // The question: rows from this number on, at most so many. For the reader.
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
    held,      // by a shard, which has not asked, or has been answered
    waiting,   // for the reader
    serving,   // the reader is at it
    answered,  // in the shard's mailbox, or on its way into it
  };
  TableDesk* desk_ = nullptr;
  State state_ = State::free;
  uint64_t ticket_ = 0;  // those with the smallest are served first
  Mailbox* reply_to_ = nullptr;
  void* owner_ = nullptr;  // nullptr: given up, nobody wants the answer
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

// Owns: the places. Thread: as said below; the lock is never held while the database is read.
// Invariant: no place is taken when it is destroyed.
class TableDesk {
 public:
  static constexpr size_t kPlacesMax = 64;  // clients that read the table at once

  TableDesk();
  TableDesk(const TableDesk&) = delete;
  TableDesk& operator=(const TableDesk&) = delete;
  ~TableDesk();

  const TableStats& stats() const noexcept { return stats_; }

  // --- shards ---

  // A place, nullptr when all are taken.
  TableQuery* open() noexcept;
  // Asks for rows from `first_row` on, at most `rows_max`; one question at a time. `answered` is
  // called with `owner` once, by `reply_to`, unless the place is given back before.
  void ask(TableQuery& query, int64_t first_row, size_t rows_max, Mailbox& reply_to, void* owner,
           TableQuery::Answered answered) noexcept;
  // Gives the place back, at any time; `answered` is not called after this. The mailbox may be gone
  // once it has been delivered after this.
  void close(TableQuery& query) noexcept;

  // --- the reader ---

  enum class Work : uint8_t {
    read,  // somebody asks
    rest,  // nobody has a place any more; not twice in a row
    stop,
  };
  Work wait_for_work() noexcept;
  // The question that has waited longest, nullptr when there is none. Its page is begun.
  TableQuery* take_next() noexcept;
  // `error`: one line for the log, when the status is not ok.
  void answer(TableQuery& query, TableStatus status, std::string_view error) noexcept;
  // Waits so long, or until stop(); true when it is to stop.
  bool wait_to_stop(Duration patience) noexcept;

  // --- whoever started the reader ---

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
