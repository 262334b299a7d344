// SPDX-License-Identifier: Apache-2.0
#include "http/report/table_body.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>

#include "http/page/list_pages.h"
#include "tests/http/table_world.h"

namespace fanlight {
namespace {

const std::string kFooter = "<tfoot>\n<tr><td colspan=\"4\">";

// From the first row to the end.
std::string rows_text(int64_t rows) {
  std::string text;
  for (int64_t row = 1; row <= rows; ++row) text += TableWorld::row_text(row);
  return text + kFooter + std::to_string(rows) + (rows == 1 ? " row" : " rows") + "\n" +
         std::string(ListPages({}).end());
}

std::string behind_head(const std::string& html) {
  const size_t at = html.find("<tbody>\n");
  return at == std::string::npos ? "no <tbody>" : html.substr(at + 8);
}

TEST(TableBody, EveryRowIsThereOnceAndTheLastLineCountsThem) {
  for (const int64_t rows : {0, 1, 2, 9, 100, 3000}) {
    TableWorld shard;
    RawClient client(shard);
    client.send(get("/stock-table"));
    shard.serve_all(rows);
    ASSERT_TRUE(client.answered()) << rows;
    EXPECT_EQ(client.status(), 200);
    EXPECT_EQ(behind_head(client.responses()[0].body), rows_text(rows)) << rows;
    EXPECT_EQ(shard.rows_read(), static_cast<uint64_t>(rows));
    EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
    client.close();
    shard.run_for(1ms);
  }
}

TEST(TableBody, TheFirstByteIsSentBeforeASecondRowIsRead) {
  TableWorld shard;
  RawClient client(shard);
  client.send(get("/stock-table"));
  shard.run_for(1ms);
  EXPECT_EQ(client.text(), "");
  ASSERT_TRUE(shard.serve(3000));
  shard.run_for(1ms);
  EXPECT_EQ(shard.rows_read(), 1u);
  EXPECT_TRUE(client.text().starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(client.text().find("<th scope=\"col\">Symbol"), std::string::npos);
  EXPECT_NE(client.text().find(TableWorld::row_text(1)), std::string::npos);
  shard.serve_all(3000);
  EXPECT_EQ(behind_head(client.responses()[0].body), rows_text(3000));
}

TEST(TableBody, AClientThatDoesNotReadStopsTheQuery) {
  TableWorld shard;
  RawClient stalled(shard, {.send_buffer = 2 << 10, .receive_window = 2 << 10});
  stalled.set_reading(false);
  stalled.send(get("/stock-table"));
  shard.serve_all(3000);
  const uint64_t read = shard.rows_read();
  EXPECT_LT(read, 400u);
  // Another client reads the whole table meanwhile.
  RawClient other(shard);
  other.send(get("/stock-table"));
  shard.serve_all(3000);
  EXPECT_EQ(behind_head(other.responses()[0].body), rows_text(3000));
  EXPECT_EQ(shard.rows_read(), read + 3000);
  stalled.set_reading(true);
  for (int i = 0; i < 3000 && !stalled.answered(); ++i) shard.serve_all(3000);
  EXPECT_EQ(behind_head(stalled.responses()[0].body), rows_text(3000));
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

// The database is slow, not the client.
TEST(TableBody, AClientWhoWaitsForTheDatabaseIsNotStalled) {
  TableWorld shard;
  RawClient client(shard);
  client.send(get("/stock-table"));
  shard.run_for(9s);
  shard.serve(3000);
  shard.run_for(9s);
  EXPECT_EQ(client.status(), 200);
  shard.serve_all(3000);
  EXPECT_EQ(behind_head(client.responses()[0].body), rows_text(3000));
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 0u);
}

TEST(TableBody, ReadersInAllPlacesLeaveTheOthersToTry) {
  TableWorld shard;
  std::deque<RawClient> readers;
  for (size_t i = 0; i < TableDesk::kPlacesMax; ++i) {
    readers.emplace_back(shard).send(get("/stock-table"));
  }
  shard.run_for(1ms);
  const ParsedResponse refused = ask(shard, get("/stock-table"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "5");
  EXPECT_EQ(refused.body, "503 Service Unavailable: too many concurrent tables\n");
  EXPECT_EQ(shard.stats().refused_bodies.value(), 1u);
  shard.serve_all(50);
  for (const RawClient& reader : readers) {
    EXPECT_EQ(behind_head(reader.responses()[0].body), rows_text(50));
  }
}

TEST(TableBody, AnAddressHasSixteenAndIsClosedWhenItStalls) {
  TableWorld shard;
  const SimLink slow{.send_buffer = 256, .receive_window = 256, .peer = ipv4_peer(0xc0000207)};
  std::deque<RawClient> greedy;
  for (size_t i = 0; i <= kBodiesPerAddress; ++i) {
    greedy.emplace_back(shard, slow);
    if (i < kBodiesPerAddress) greedy.back().set_reading(false);
    greedy.back().send(get("/stock-table"));
  }
  shard.serve_all(3000);
  EXPECT_EQ(greedy.back().responses().at(0).body,
            "503 Service Unavailable: too many concurrent tables to your address\n");
  EXPECT_EQ(shard.stats().refused_bodies.value(), 1u);
  RawClient other(shard);
  other.send(get("/stock-table"));
  shard.serve_all(50);
  EXPECT_EQ(behind_head(other.responses().at(0).body), rows_text(50));

  shard.run_for(11s);  // the default of --viewer-stall-timeout, and the time to notice it
  EXPECT_EQ(shard.stats().evicted_stalled.value(), kBodiesPerAddress);
  RawClient again(shard, {.peer = slow.peer});
  again.send(get("/stock-table"));
  shard.serve_all(50);
  EXPECT_EQ(behind_head(again.responses().at(0).body), rows_text(50));
}

TEST(TableBody, AnErrorInTheMiddleShowsTheRowsBeforeItAndNoEnd) {
  TableWorld shard;
  RawClient client(shard);
  client.send(get("/stock-table"));
  shard.run_for(1ms);
  shard.serve(3000);
  shard.run_for(1ms);
  testing::internal::CaptureStderr();
  ASSERT_TRUE(shard.fail(TableStatus::failed, "/db: malformed", 2));
  shard.run_for(10ms);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "stock table: /db: malformed, after 3 rows\n");
  EXPECT_TRUE(client.text().ends_with(TableWorld::row_text(3) + "\r\n")) << client.text();
  EXPECT_FALSE(client.answered());
  EXPECT_TRUE(client.finished());  // FIN, without a final chunk
  EXPECT_EQ(client.text().find("malformed"), std::string::npos);
  EXPECT_EQ(shard.desk.stats().errors.value(), 1u);
}

TEST(TableBody, AnErrorInTheMiddleResetsAnHttp10Client) {
  TableWorld shard;
  RawClient client(shard);
  client.send("GET /stock-table HTTP/1.0\r\n\r\n");
  shard.run_for(1ms);
  shard.serve(3000);
  shard.run_for(1ms);
  shard.fail(TableStatus::busy, "/db: locked");
  shard.run_for(10ms);
  EXPECT_TRUE(client.was_reset());
}

TEST(TableBody, MetricsCountPagesRowsAndErrors) {
  TableWorld shard;
  RawClient whole(shard), broken(shard);
  whole.send(get("/stock-table"));
  shard.serve_all(2);
  broken.send(get("/stock-table"));
  shard.run_for(1ms);
  testing::internal::CaptureStderr();
  shard.fail(TableStatus::failed, "/db: malformed");
  const std::string metrics = ask(shard, get("/metrics")).body;
  testing::internal::GetCapturedStderr();
  for (const char* line :
       {"\nfanlight_table_queries_total 3\n", "\nfanlight_table_rows_read_total 2\n",
        "\nfanlight_table_errors_total 1\n"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace fanlight
