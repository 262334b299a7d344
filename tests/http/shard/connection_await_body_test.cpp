// SPDX-License-Identifier: Apache-2.0
// A Body that makes its client wait, and a client that does not wait.
#include <gtest/gtest.h>

#include <string>

#include "tests/http/table_world.h"

namespace fanlight {
namespace {

// Leaves a query waiting: the first of a table, or one in the middle.
void begin(TableWorld& shard, RawClient& client, bool in_the_middle) {
  client.send(get("/stock-table"));
  shard.run_for(1ms);
  if (!in_the_middle) return;
  shard.serve(3000);
  shard.run_for(1ms);
}

// The database answers after the client has gone.
void answer_late(TableWorld& shard, TableQuery* serving) {
  if (serving != nullptr) shard.desk.answer(*serving, TableStatus::ok, "");
  EXPECT_FALSE(shard.serve(3000));
  shard.run_for(3s);
}

TEST(ConnectionAwaitBody, ADatabaseThatHangsIsGivenUpAfter10Seconds) {
  for (const bool serving : {false, true}) {
    TableWorld shard;
    RawClient client(shard);
    begin(shard, client, false);
    TableQuery* query = serving ? shard.desk.take_next() : nullptr;
    shard.run_for(9900ms);
    EXPECT_EQ(client.text(), "");
    testing::internal::CaptureStderr();
    shard.run_for(200ms);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "gave up: the table's database did not answer in time\n");
    EXPECT_EQ(client.status(), 504);
    EXPECT_EQ(client.ended_at(), kNever);
    answer_late(shard, query);
    client.close();
    shard.run_for(10ms);
    EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  }
}

TEST(ConnectionAwaitBody, InTheMiddleOfATableTheAnswerIsCut) {
  TableWorld shard;
  RawClient client(shard);
  begin(shard, client, true);
  TableQuery* query = shard.desk.take_next();
  ASSERT_NE(query, nullptr);
  testing::internal::CaptureStderr();
  shard.run_for(10100ms);
  testing::internal::GetCapturedStderr();
  EXPECT_TRUE(client.finished());
  EXPECT_FALSE(client.answered());
  answer_late(shard, query);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

TEST(ConnectionAwaitBody, AClientThatLeavesLeavesNothingBehind) {
  TableWorld shard;
  for (int i = 0; i < 200; ++i) {  // more than there are places
    RawClient client(shard);
    begin(shard, client, i % 2 == 0);
    client.close();
    shard.run_for(1ms);
    shard.serve(3000);
    shard.run_for(3s);
  }
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

TEST(ConnectionAwaitBody, StopDoesNotWaitForADatabase) {
  for (const bool in_the_middle : {false, true}) {
    for (const bool serving : {false, true}) {
      TableWorld shard;
      RawClient client(shard);
      begin(shard, client, in_the_middle);
      TableQuery* query = serving ? shard.desk.take_next() : nullptr;
      EXPECT_LE(shard.stop(), 2s);
      EXPECT_EQ(shard.world.leftovers(), "");
      EXPECT_TRUE(client.was_reset());
      // After the shard has ended.
      if (query != nullptr) shard.desk.answer(*query, TableStatus::ok, "");
      EXPECT_FALSE(shard.serve(3000));
    }
  }
}

TEST(ConnectionAwaitBody, StopTellsWhatTheDatabaseHasAnswered) {
  TableWorld shard;
  RawClient client(shard);
  begin(shard, client, false);
  shard.serve(1);  // in the mailbox now
  EXPECT_LE(shard.stop(), 2s);
  EXPECT_TRUE(client.text().ends_with("</html>\n\r\n0\r\n\r\n")) << client.text();
  EXPECT_EQ(shard.world.leftovers(), "");
}

}  // namespace
}  // namespace fanlight
