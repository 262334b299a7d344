// SPDX-License-Identifier: Apache-2.0
#include "http/answer/stream_reply.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/http/answer_world.h"

namespace fanlight {
namespace {

TEST(StreamReply, StreamByteForByteInAllForms) {
  World shard;
  const std::string part_head =
      "Content-Type: image/jpeg\r\nContent-Length: 5000\r\nX-Timestamp: 784111777.000000\r\n"
      "X-Sequence: 1\r\n\r\n";
  const std::string next = "Content-Type: image/jpeg\r\n\r\n";
  for (const std::string boundary : {"boundarydonotcross", "frame"}) {
    const std::string path = boundary == "frame" ? "/video_feed" : "/stream";
    const std::string head = stream_head(boundary);
    const std::string delimiter = "--" + boundary + "\r\n";
    const std::string plain = head + delimiter + part_head + picture(1) + "\r\n" + delimiter;
    const std::string advance = head + delimiter + next + picture(1) + "\r\n" + delimiter + next;
    EXPECT_EQ(first_bytes(shard, get(path)), plain);
    EXPECT_EQ(first_bytes(shard, get(path, "Accept: */*\r\n")), plain);
    EXPECT_EQ(first_bytes(shard, get(path + "?advance_headers=1")), advance);
    const std::string image = "Accept: image/avif,image/webp,*/*\r\n";
    EXPECT_EQ(first_bytes(shard, get(path, image)), advance);
    EXPECT_EQ(first_bytes(shard, get(path + "?advance_headers=0", image)), plain);
    EXPECT_EQ(ask_text(shard, head_request(path)), head);
    EXPECT_EQ(first_bytes(shard, get(path + "?frames=1")),
              head + delimiter + part_head + picture(1) + "\r\n--" + boundary + "--\r\n");
  }
  EXPECT_EQ(first_bytes(shard, "POST /stream HTTP/1.1\r\nHost: sim\r\n\r\n"),
            first_bytes(shard, get("/stream")));
  std::string old = first_bytes(shard, "GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.starts_with("HTTP/1.0 200 OK\r\n"));
}

}  // namespace
}  // namespace fanlight
