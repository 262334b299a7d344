// SPDX-License-Identifier: Apache-2.0
#include "database/table_desk.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/waker.h"

namespace fanlight {
namespace {

// A shard that counts its answers.
struct Asker {
  explicit Asker(TableDesk& its_desk) : desk(its_desk) {}
  void ask(TableQuery& query, int64_t first_row = 0, size_t rows_max = 10) {
    desk.ask(query, first_row, rows_max, mailbox, this,
             [](void* owner) noexcept { ++static_cast<Asker*>(owner)->answers; });
  }
  TableDesk& desk;
  Waker waker;
  Mailbox mailbox{waker};
  int answers = 0;
};

void answer_one(TableDesk& desk, TableStatus status = TableStatus::ok,
                const std::string& why = {}) {
  TableQuery* query = desk.take_next();
  ASSERT_NE(query, nullptr);
  for (int i = 0; i < 4; ++i) query->page().add_cell("x");
  query->page().end_row(query->first_row());
  desk.answer(*query, status, why);
}

TEST(TableDesk, ServesAQueryAndRepliesThroughTheMailbox) {
  TableDesk desk;
  Asker asker(desk);
  TableQuery* query = desk.open();
  asker.ask(*query, 42, 7);
  TableQuery* taken = desk.take_next();
  ASSERT_EQ(taken, query);
  EXPECT_EQ(taken->first_row(), 42);
  EXPECT_EQ(taken->rows_max(), 7u);
  EXPECT_EQ(desk.take_next(), nullptr);
  desk.answer(*taken, TableStatus::failed, "why not");
  EXPECT_EQ(asker.answers, 0);
  asker.mailbox.deliver();
  EXPECT_EQ(asker.answers, 1);
  EXPECT_EQ(query->status(), TableStatus::failed);
  EXPECT_EQ(query->error(), "why not");
  asker.ask(*query);
  answer_one(desk);
  asker.mailbox.deliver();
  EXPECT_EQ(query->page().rows(), 1u);
  EXPECT_EQ(query->error(), "");
  desk.close(*query);
  EXPECT_EQ(desk.stats().queries.value(), 2u);
  EXPECT_EQ(desk.stats().rows_read.value(), 1u);
  EXPECT_EQ(desk.stats().errors.value(), 1u);
}

TEST(TableDesk, ServesInOrderOfArrival) {
  TableDesk desk;
  Asker asker(desk);
  TableQuery* a = desk.open();
  TableQuery* b = desk.open();
  asker.ask(*b);
  asker.ask(*a);
  EXPECT_EQ(desk.take_next(), b);
  EXPECT_EQ(desk.take_next(), a);
  desk.answer(*a, TableStatus::ok, "");
  desk.answer(*b, TableStatus::ok, "");
  asker.mailbox.deliver();
  EXPECT_EQ(asker.answers, 2);
  desk.close(*a);
  desk.close(*b);
}

TEST(TableDesk, LimitsOpenQueries) {
  TableDesk desk;
  std::vector<TableQuery*> places;
  for (size_t i = 0; i < TableDesk::kPlacesMax; ++i) {
    places.push_back(desk.open());
    ASSERT_NE(places.back(), nullptr);
  }
  EXPECT_EQ(desk.open(), nullptr);
  desk.close(*places[5]);
  EXPECT_EQ(desk.open(), places[5]);
  for (TableQuery* query : places) desk.close(*query);
}

TEST(TableDesk, QueryCanBeAbandonedAtAnyTime) {
  TableDesk desk;
  Asker asker(desk);
  for (int when = 0; when < 3; ++when) {
    TableQuery* query = desk.open();
    asker.ask(*query);
    if (when == 0) desk.close(*query);  // waiting
    TableQuery* taken = desk.take_next();
    EXPECT_EQ(taken == nullptr, when == 0);
    if (when == 1) desk.close(*query);  // being served
    if (taken != nullptr) desk.answer(*taken, TableStatus::ok, "");
    if (when == 2) desk.close(*query);  // answered, not yet delivered
    asker.mailbox.deliver();
  }
  EXPECT_EQ(asker.answers, 0);
  std::vector<TableQuery*> places;  // none was lost
  for (size_t i = 0; i < TableDesk::kPlacesMax; ++i) places.push_back(desk.open());
  ASSERT_NE(places.back(), nullptr);
  for (TableQuery* query : places) desk.close(*query);
}

TEST(TableDesk, ReaderRestsOnceWithoutQueries) {
  TableDesk desk;
  Asker asker(desk);
  TableQuery* query = desk.open();
  asker.ask(*query);
  EXPECT_EQ(desk.wait_for_work(), TableDesk::Work::read);
  answer_one(desk);
  asker.mailbox.deliver();
  desk.close(*query);
  EXPECT_EQ(desk.wait_for_work(), TableDesk::Work::rest);
  desk.stop();
  EXPECT_EQ(desk.wait_for_work(), TableDesk::Work::stop);
  EXPECT_TRUE(desk.wait_to_stop(1h));
}

TEST(TableDesk, TruncatesALongError) {
  TableDesk desk;
  Asker asker(desk);
  TableQuery* query = desk.open();
  asker.ask(*query);
  answer_one(desk, TableStatus::failed, std::string(5000, 'x'));
  asker.mailbox.deliver();
  EXPECT_EQ(query->error(), std::string(TableQuery::kErrorBytesMax, 'x'));
  desk.close(*query);
}

}  // namespace
}  // namespace fanlight
