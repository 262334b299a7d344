// SPDX-License-Identifier: Apache-2.0
#include "database/table_reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

#include "core/waker.h"
#include "database/stock_database.h"

namespace fanlight {
namespace {

// Controls a FakeSource, and records its calls.
struct Script {
  std::counting_semaphore<> reads{0};   // released for each read that may continue
  std::counting_semaphore<> begun{0};   // by the source, when a read begins
  std::counting_semaphore<> closes{0};  // by the source
  std::atomic<int> busy_for{0};         // reads that find the table locked
  std::atomic<int> read{0};
};

class FakeSource final : public TableSource {
 public:
  explicit FakeSource(Script& script) : script_(script) {}
  TableStatus read(int64_t first_row, TablePage& page) noexcept override {
    ++script_.read;
    script_.begun.release();
    script_.reads.acquire();
    if (script_.busy_for > 0) {
      --script_.busy_for;
      error_ = "locked";
      return TableStatus::busy;
    }
    error_.clear();
    for (int i = 0; i < 4; ++i) page.add_cell(std::to_string(first_row));
    page.end_row(first_row);
    return TableStatus::ok;
  }
  const std::string& error() const noexcept override { return error_; }
  void close() noexcept override { script_.closes.release(); }

 private:
  Script& script_;
  std::string error_;
};

// One shard; the test empties its mailbox.
class TableReaderTest : public testing::Test {
 protected:
  void start() {
    reader_ = std::make_unique<TableReader>(desk_, std::make_unique<FakeSource>(script_));
  }
  TableQuery& ask(int64_t row) {
    TableQuery* query = desk_.open();
    desk_.ask(*query, row, 1, mailbox_, this,
              [](void* owner) noexcept { ++static_cast<TableReaderTest*>(owner)->answers_; });
    return *query;
  }
  void wait_for_answers(int count) {
    while (answers_ < count) {
      waker_.drain();
      mailbox_.deliver();
      std::this_thread::yield();
    }
  }

  Script script_;
  TableDesk desk_;
  Waker waker_;
  Mailbox mailbox_{waker_};
  int answers_ = 0;
  std::unique_ptr<TableReader> reader_;
};

TEST_F(TableReaderTest, ServesAndClosesTheSourceWithoutQueries) {
  start();
  script_.reads.release(2);
  TableQuery& first = ask(11);
  TableQuery& second = ask(12);
  wait_for_answers(2);
  size_t offset = 0;
  EXPECT_EQ(second.page().cell(offset), "12");
  EXPECT_FALSE(script_.closes.try_acquire());
  desk_.close(first);
  desk_.close(second);
  script_.closes.acquire();
}

TEST_F(TableReaderTest, HangingReadDoesNotBlockItsClients) {
  start();
  TableQuery& hangs = ask(1);
  TableQuery& waits = ask(2);
  script_.begun.acquire();
  mailbox_.deliver();
  EXPECT_EQ(answers_, 0);
  desk_.close(waits);
  desk_.close(hangs);  // returns immediately, although the reader is in the source
  EXPECT_FALSE(reader_->stop_within(1ms));
  script_.reads.release();
  EXPECT_TRUE(reader_->stop_within(1h));
  mailbox_.deliver();
  EXPECT_EQ(answers_, 0);
  EXPECT_EQ(script_.read, 1);
}

TEST_F(TableReaderTest, TransientLockIsNotReported) {
  script_.busy_for = 2;
  script_.reads.release(3);
  start();
  TableQuery& query = ask(1);
  wait_for_answers(1);
  EXPECT_EQ(query.status(), TableStatus::ok);
  EXPECT_EQ(query.page().rows(), 1u);
  EXPECT_EQ(script_.read, 3);
  desk_.close(query);
}

TEST_F(TableReaderTest, PersistentLockIsReportedToAllQueries) {
  script_.busy_for = 1000;
  start();
  TableQuery& first = ask(1);
  script_.begun.acquire();
  TableQuery& second = ask(2);
  script_.reads.release(1000);
  wait_for_answers(2);
  EXPECT_EQ(first.status(), TableStatus::busy);
  EXPECT_EQ(second.status(), TableStatus::busy);
  EXPECT_EQ(second.error(), "locked");
  EXPECT_EQ(script_.read, static_cast<int>(TableReader::kTries));
  desk_.close(first);
  desk_.close(second);
}

TEST_F(TableReaderTest, StopDoesNotWaitForALock) {
  script_.busy_for = 1000;
  start();
  TableQuery& query = ask(1);
  script_.begun.acquire();
  desk_.stop();
  script_.reads.release(1000);
  EXPECT_TRUE(reader_->stop_within(1h));
  EXPECT_EQ(script_.read, 1);
  wait_for_answers(1);
  EXPECT_EQ(query.status(), TableStatus::busy);
  desk_.close(query);
}

TEST_F(TableReaderTest, ReadsTheSample) {
  reader_ = std::make_unique<TableReader>(desk_, std::make_unique<StockDatabase>());
  TableQuery& query = ask(kFirstRow);
  wait_for_answers(1);
  size_t offset = 0;
  EXPECT_EQ(query.page().cell(offset), "ACRN");
  desk_.close(query);
}

}  // namespace
}  // namespace fanlight
