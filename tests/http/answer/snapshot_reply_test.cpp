// SPDX-License-Identifier: Apache-2.0
#include "http/answer/snapshot_reply.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/http/answer_world.h"

namespace fanlight {
namespace {

// The only field that differs between answers.
std::string without_send_time(std::string text) {
  const size_t begin = text.find("X-UStreamer-Send-Timestamp: ");
  EXPECT_NE(begin, text.npos);
  return text.erase(begin, text.find("\r\n", begin) + 2 - begin);
}

TEST(SnapshotReply, SnapshotByteForByte) {
  World shard;
  const std::string fields = "ETag: " + kEtag + "\r\nCache-Control: no-cache\r\n" +
                             "X-Timestamp: 784111777.000000\r\nX-Sequence: 1\r\n";
  const std::string ustreamer_fields =
      "X-UStreamer-Online: true\r\nX-UStreamer-Width: 640\r\nX-UStreamer-Height: 480\r\n"
      "X-UStreamer-Grab-Begin-Timestamp: 3600.000000\r\n"
      "X-UStreamer-Grab-End-Timestamp: 3600.000000\r\n"
      "X-UStreamer-Encode-Begin-Timestamp: 3600.000000\r\n"
      "X-UStreamer-Encode-End-Timestamp: 3600.000000\r\n";
  const std::string head = "HTTP/1.1 200 OK\r\n" + kDate + fields +
                           "Content-Type: image/jpeg\r\nContent-Length: 5000\r\n" +
                           ustreamer_fields + last_fields("cross-origin") + "\r\n";
  const std::string unchanged =
      "HTTP/1.1 304 Not Modified\r\n" + kDate + fields + last_fields("cross-origin") + "\r\n";
  EXPECT_EQ(without_send_time(ask_text(shard, get("/snapshot"))), head + picture(1));
  EXPECT_EQ(without_send_time(ask_text(shard, head_request("/snapshot"))), head);
  EXPECT_EQ(ask_text(shard, get("/snapshot", "If-None-Match: " + kEtag + "\r\n")), unchanged);
  EXPECT_EQ(ask_text(shard, get("/snapshot", "If-None-Match: \"x\", W/" + kEtag + "\r\n")),
            unchanged);
  EXPECT_EQ(ask_text(shard, get("/snapshot", "If-None-Match: *\r\n")), unchanged);
  EXPECT_EQ(without_send_time(ask_text(shard, get("/snapshot", "If-None-Match: \"0-0\"\r\n"))),
            head + picture(1));
  for (const char* tags : {"*", kEtag.c_str()}) {
    const std::string if_match = "If-Match: " + std::string(tags) + "\r\n";
    EXPECT_EQ(without_send_time(ask_text(shard, get("/snapshot", if_match))), head + picture(1));
  }
  for (const std::string& tags : {std::string("\"0-0\""), "W/" + kEtag}) {
    const std::string unmet = "If-Match: " + tags + "\r\nIf-None-Match: *\r\n";
    EXPECT_EQ(ask(shard, get("/snapshot", unmet)).status, 412);
  }
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

TEST(SnapshotReply, LostCameraGivesItsSlateAsTheBodyOf503) {
  SimWorldConfig config;
  config.camera.size_min = config.camera.size_max = kFrameBytes;
  config.camera.lost_at = Duration(0);
  config.camera.lost_for = 1min;
  config.wall_clock = WallTime(std::chrono::seconds(kUnixSeconds));
  ShardWorld shard(config);
  shard.run_for(1ms);
  const std::string head = "HTTP/1.1 503 Service Unavailable\r\n" + kDate +
                           "Retry-After: 5\r\nContent-Type: image/jpeg\r\n"
                           "X-Slate: camera lost: simulated\r\nContent-Length: 5000\r\n"
                           "Cache-Control: no-store\r\n" +
                           last_fields("cross-origin") + "\r\n";
  EXPECT_EQ(ask_text(shard, get("/snapshot")), head + picture(1));
  EXPECT_EQ(ask_text(shard, get("/snapshot?max_delay=0")), head + picture(1));
  EXPECT_EQ(ask_text(shard, head_request("/snapshot")), head);
  const SimViewer& viewer = shard.world.add({});
  shard.run_for(100ms);
  EXPECT_EQ(viewer.stream().slates, 1u);
}

// A relay's slate reason is text from another server.
TEST(SnapshotReply, WhateverAnUpstreamSaysTheHeadStaysWhole) {
  SimWorldConfig config;
  config.camera.size_min = config.camera.size_max = kFrameBytes;
  config.camera.lost_at = Duration(0);
  config.camera.lost_for = 1min;
  config.camera.slate_reason = "lost\r\nX-Evil: 1\r\xc3\xa9";
  ShardWorld shard(config);
  shard.run_for(1ms);
  const auto headers = ask(shard, get("/snapshot")).headers;
  EXPECT_EQ(headers.at("x-slate"), "lost  X-Evil: 1 ??");
  EXPECT_EQ(headers.count("x-evil"), 0u);
}

TEST(SnapshotReply, MaxDelayWaitsForAYoungerFrame) {
  World shard(1);
  shard.run_for(500ms);
  EXPECT_EQ(ask(shard, get("/snapshot?max_delay=600")).headers.at("x-sequence"), "1");
  RawClient next(shard);
  RawClient younger(shard);
  next.send(get("/snapshot?max_delay=0"));
  younger.send(get("/snapshot?max_delay=400"));
  shard.run_for(400ms);
  EXPECT_EQ(next.text(), "");
  EXPECT_EQ(younger.text(), "");
  EXPECT_EQ(shard.world.ring().watchers(), 2u);
  shard.run_for(200ms);
  ASSERT_TRUE(next.answered() && younger.answered());
  EXPECT_EQ(next.responses()[0].headers.at("x-sequence"), "2");
  EXPECT_EQ(next.responses()[0].body, picture(2));
  EXPECT_EQ(younger.responses()[0].headers.at("x-sequence"), "2");
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

TEST(SnapshotReply, IdleCameraIsStartedForASnapshot) {
  World shard(30, {}, true);
  const SimViewer& viewer = shard.world.add({.close_at = 1s});
  shard.run_for(60s);
  // The close is detected with the second frame after it.
  const uint64_t old = shard.world.camera().last_sequence();
  ASSERT_LE(old, viewer.stream().last_sequence + 3);
  const ParsedResponse response = ask(shard, get("/snapshot"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("x-sequence"), std::to_string(old + 1));
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

TEST(SnapshotReply, SnapshotOfACameraThatDoesNotStartIsRefusedAfter5Seconds) {
  World shard(30, {}, true, 1.0);
  RawClient client(shard);
  client.send(get("/snapshot"));
  shard.run_for(4900ms);
  EXPECT_EQ(client.text(), "");
  shard.run_for(200ms);
  EXPECT_EQ(client.status(), 503);
  EXPECT_EQ(client.ended_at(), kNever);
  EXPECT_EQ(client.responses()[0].headers.at("retry-after"), "5");
  EXPECT_EQ(body_of(client.text()),
            "503 Service Unavailable: the camera delivered no picture in time\n");
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

}  // namespace
}  // namespace fanlight
