// SPDX-License-Identifier: Apache-2.0
#include "http/answer/table_reply.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/panel_world.h"
#include "tests/http/table_world.h"

namespace fanlight {
namespace {

TEST(TableReply, WithoutADatabaseThereIsNoTable) {
  PanelWorld shard;
  const ParsedResponse response = ask(shard, get("/stock-table"));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "404 Not Found: no stock table is configured (--stock-db)\n");
}

TEST(TableReply, HeadReadsNothing) {
  TableWorld shard;
  const std::string head = ask_text(shard, "HEAD /stock-table HTTP/1.1\r\nHost: sim\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_FALSE(shard.serve(1));
}

TEST(TableReply, HeadOfThePageIsSafeAndNotKept) {
  TableWorld shard;
  RawClient client(shard);
  client.send(get("/stock-table"));
  shard.serve_all(1);
  ASSERT_TRUE(client.answered());
  const auto& headers = client.responses()[0].headers;
  EXPECT_EQ(headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(headers.at("cache-control"), "no-store");
  EXPECT_EQ(headers.at("transfer-encoding"), "chunked");
  EXPECT_TRUE(headers.at("content-security-policy").starts_with("default-src 'none'"));
  EXPECT_EQ(headers.at("x-content-type-options"), "nosniff");
  // The connection stays open.
  client.send(get("/healthz"));
  shard.run_for(1ms);
  EXPECT_EQ(client.responses().back().body, "ok\n");
}

TEST(TableReply, Http10GetsItWithoutChunks) {
  TableWorld shard;
  RawClient client(shard);
  client.send("GET /stock-table HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  shard.serve_all(100);
  ASSERT_TRUE(client.finished());
  EXPECT_EQ(client.text().find("Transfer-Encoding"), std::string::npos) << client.text();
  EXPECT_NE(client.text().find("100 rows\n</table>\n"), std::string::npos);
  EXPECT_TRUE(client.text().ends_with("</html>\n"));
}

TEST(TableReply, ALockIs503AndEverythingElseIs500) {
  struct Case {
    TableStatus status;
    int code;
    std::string body;
  };
  for (const Case& expected :
       {Case{TableStatus::busy, 503,
             "503 Service Unavailable: the table's database is locked; try again\n"},
        Case{TableStatus::failed, 500,
             "500 Internal Server Error: the table cannot be read; see the server's log\n"}}) {
    TableWorld shard;
    testing::internal::CaptureStderr();
    for (int i = 0; i < 3; ++i) {
      RawClient client(shard);
      client.send(get("/stock-table"));
      shard.run_for(1ms);
      ASSERT_TRUE(shard.fail(expected.status, "/secret/path: why"));
      shard.run_for(1ms);
      EXPECT_EQ(client.status(), expected.code);
      EXPECT_EQ(client.responses()[0].body, expected.body);
      EXPECT_EQ(client.responses()[0].headers.count("retry-after"), expected.code == 503 ? 1u : 0u);
      EXPECT_EQ(client.text().find("secret"), std::string::npos);
      EXPECT_EQ(client.ended_at(), kNever);
    }
    // Logged at most once a minute.
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "stock table: /secret/path: why, after 0 rows\n");
  }
}

}  // namespace
}  // namespace fanlight
