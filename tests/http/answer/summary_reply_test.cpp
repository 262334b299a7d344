// SPDX-License-Identifier: Apache-2.0
#include "http/answer/summary_reply.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

TEST(SummaryReply, HeadHasTheLengthAndNoBody) {
  ShardWorld shard(calm_world());
  const std::string text = ask_text(shard, "HEAD /api/v1/summary HTTP/1.1\r\nHost: sim\r\n\r\n");
  EXPECT_NE(text.find("\r\nContent-Length: "), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

// Few cameras are sent as one piece with its length, many as a report in chunks.
TEST(SummaryReply, ManyCamerasComeInChunks) {
  for (const size_t cameras : {1u, 16u}) {
    ShardWorld shard(calm_world(), {}, nullptr, cameras);
    const ParsedResponse response = ask(shard, get("/api/v1/summary"));
    EXPECT_EQ(response.headers.count("content-length"), cameras == 1 ? 1u : 0u);
    const JsonCheck json(response.body);
    ASSERT_TRUE(json.valid()) << response.body;
    EXPECT_EQ(json.size("cameras"), cameras);
  }
}

}  // namespace
}  // namespace fanlight
