// SPDX-License-Identifier: Apache-2.0
#include "http/answer/frame_reply.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/answer_world.h"

namespace fanlight {
namespace {

const std::string kFrames = "/cameras/cam/frames/";
const std::string kVersion = kEtag.substr(3, kEtag.size() - 4);  // behind the number

std::string frame(uint64_t number) {
  return kFrames + std::to_string(number) + ".jpg";
}

TEST(FrameReply, AFrameByteForByte) {
  World shard;
  const std::string fields = "ETag: " + kEtag + "\r\nCache-Control: public, max-age=31536000, " +
                             "immutable\r\nX-Timestamp: 784111777.000000\r\nX-Sequence: 1\r\n";
  const std::string head = "HTTP/1.1 200 OK\r\n" + kDate + fields +
                           "Content-Type: image/jpeg\r\nContent-Length: 5000\r\n" +
                           last_fields("cross-origin") + "\r\n";
  const std::string url = frame(1) + "?v=" + kVersion;
  EXPECT_EQ(ask_text(shard, get(url)), head + picture(1));
  EXPECT_EQ(ask_text(shard, head_request(url)), head);
  EXPECT_EQ(
      ask_text(shard, get(url, "If-None-Match: " + kEtag + "\r\n")),
      "HTTP/1.1 304 Not Modified\r\n" + kDate + fields + last_fields("cross-origin") + "\r\n");
  EXPECT_EQ(ask(shard, get(url, "If-Match: \"0-0\"\r\n")).status, 412);
  EXPECT_EQ(ask(shard, get(url, "If-Match: " + kEtag + "\r\n")).status, 200);
}

// The number alone may be another frame's after a restart.
TEST(FrameReply, WithoutItsTimeAFrameMustBeRevalidated) {
  World shard;
  const ParsedResponse response = ask(shard, get(frame(1)));
  EXPECT_EQ(response.body, picture(1));
  EXPECT_EQ(response.headers.at("cache-control"), "no-cache");
  EXPECT_EQ(ask(shard, get(frame(1), "If-None-Match: " + kEtag + "\r\n")).status, 304);
}

TEST(FrameReply, OlderFramesStayForTwoSecondsOnceSomebodyHasAsked) {
  World shard(30);
  EXPECT_EQ(ask(shard, get(frame(1))).status, 200);
  shard.run_for(5s);
  const uint64_t newest = shard.world.camera().last_sequence();
  for (const uint64_t back : {0u, 1u, 7u, 30u, 60u}) {
    const ParsedResponse response = ask(shard, get(frame(newest - back)));
    ASSERT_EQ(response.status, 200) << back;
    EXPECT_EQ(response.headers.at("x-sequence"), std::to_string(newest - back));
    EXPECT_EQ(response.body, picture(newest - back));
  }
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

TEST(FrameReply, WhatIsGoneOrYetToComeIsNotFound) {
  World shard(30);
  EXPECT_EQ(ask(shard, get(frame(1))).status, 200);
  shard.run_for(5s);
  const uint64_t newest = shard.world.camera().last_sequence();
  const ParsedResponse gone = ask(shard, get(frame(2)));
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.body, "404 Not Found: frame 2 is gone; there are " +
                           std::to_string(shard.world.ring().oldest_sequence()) + " to " +
                           std::to_string(newest) + "\n");
  EXPECT_EQ(gone.headers.at("cache-control"), "no-store");
  const ParsedResponse future = ask(shard, get(frame(newest + 1)));
  EXPECT_EQ(future.status, 404);
  EXPECT_EQ(future.body, "404 Not Found: frame " + std::to_string(newest + 1) +
                             " is yet to come; the newest is " + std::to_string(newest) + "\n");
  EXPECT_EQ(ask(shard, get(frame(newest) + "?v=1")).status, 404);
  EXPECT_EQ(ask(shard, get(frame(newest) + "?v=")).status, 404);
  for (const char* leaf : {"0.jpg", "01.jpg", "-1.jpg", "x.jpg", ".jpg", "1", "1.jpeg", "next/",
                           "18446744073709551616.jpg"}) {
    EXPECT_EQ(ask(shard, get(kFrames + leaf)).body, "404 Not Found: there is nothing here\n")
        << leaf;
  }
}

TEST(FrameReply, TheNextFrameIsARedirect) {
  World shard;
  const std::string redirect = "HTTP/1.1 302 Found\r\n" + kDate +
                               "Cache-Control: public, max-age=1\r\nLocation: 1.jpg?v=" + kVersion +
                               "\r\nX-Sequence: 1\r\nContent-Length: 0\r\n" +
                               last_fields("cross-origin") + "\r\n";
  EXPECT_EQ(ask_text(shard, get(kFrames + "next")), redirect);
  EXPECT_EQ(ask_text(shard, get(kFrames + "next?after=0")), redirect);
  for (const char* wrong : {"", "x", "-1", "1.5", "18446744073709551616"}) {
    const ParsedResponse response = ask(shard, get(kFrames + "next?after=" + wrong));
    EXPECT_EQ(response.status, 400) << wrong;
    EXPECT_EQ(response.body, "400 Bad Request: after: expected the number of a frame\n");
  }
}

// One frame a second.
TEST(FrameReply, WhoHasSeenTheNewestWaitsForTheNext) {
  World shard(1);
  shard.run_for(100ms);
  RawClient first(shard), second(shard), ahead(shard), behind(shard);
  first.send(get(kFrames + "next?after=1"));
  second.send(get(kFrames + "next?after=1"));
  ahead.send(get(kFrames + "next?after=2"));
  behind.send(get(kFrames + "next?after=0"));
  shard.run_for(800ms);
  EXPECT_EQ(first.text() + second.text() + ahead.text(), "");
  EXPECT_EQ(behind.responses().at(0).headers.at("x-sequence"), "1");
  EXPECT_EQ(shard.world.ring().watchers(), 3u);
  shard.run_for(200ms);
  EXPECT_EQ(first.responses().at(0).headers.at("x-sequence"), "2");
  EXPECT_EQ(first.text(), second.text());
  EXPECT_EQ(ahead.text(), "");
  shard.run_for(1s);
  EXPECT_EQ(ahead.responses().at(0).headers.at("x-sequence"), "3");
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

// A camera of which nothing new comes, and numbers of before a restart.
TEST(FrameReply, WhoWaitsInVainGetsTheNewest) {
  World shard(0.1);
  shard.run_for(100ms);
  RawClient waits(shard), restarted(shard);
  waits.send(get(kFrames + "next?after=1"));
  restarted.send(get(kFrames + "next?after=1002"));
  shard.run_for(4900ms);
  EXPECT_EQ(waits.text(), "");
  EXPECT_EQ(restarted.responses().at(0).headers.at("x-sequence"), "1");
  shard.run_for(200ms);
  EXPECT_EQ(waits.responses().at(0).status, 302);
  EXPECT_EQ(waits.responses()[0].headers.at("x-sequence"), "1");
}

TEST(FrameReply, AnIdleCameraIsStarted) {
  World shard(30, {}, true);
  shard.world.add({.close_at = 1s});
  shard.run_for(60s);
  const std::string next = std::to_string(shard.world.camera().last_sequence() + 1);
  EXPECT_EQ(ask(shard, get(kFrames + "next?after=1")).headers.at("x-sequence"), next);
}

TEST(FrameReply, ACameraThatDoesNotStartIs503) {
  World shard(30, {}, true, 1.0);
  for (const char* leaf : {"next", "next?after=3", "latest.json"}) {
    RawClient client(shard);
    client.send(get(kFrames + leaf));
    shard.run_for(5100ms);
    EXPECT_EQ(client.status(), 503) << leaf;
  }
  EXPECT_EQ(ask(shard, get(frame(1))).body, "404 Not Found: frame 1: there are none yet\n");
}

// What there is may be hours old.
TEST(FrameReply, NorDoesAnOldFramePassForTheNewest) {
  World shard(30, {}, true);
  shard.world.add({.close_at = 1s});
  shard.run_for(60s);
  shard.world.camera().stop();
  for (const char* leaf : {"next", "latest.json"}) {
    RawClient client(shard);
    client.send(get(kFrames + leaf));
    shard.run_for(5100ms);
    EXPECT_EQ(client.status(), 503) << leaf;
  }
}

TEST(FrameReply, LatestDescribesTheNewest) {
  World shard;
  const std::string text =
      R"({"sequence":1,"timestamp":784111777.000000,"width":640,"height":480,"fps":0.10,)"
      R"("oldest":1,"url":"1.jpg?v=)" +
      kVersion + "\"}\n";
  const ParsedResponse response = ask(shard, get(kFrames + "latest.json"));
  EXPECT_EQ(response.body, text);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(response.headers.at("cache-control"), "public, max-age=1");
}

// A slate is a frame of the stream like others: caches are to keep it, too.
TEST(FrameReply, ASlateSaysWhy) {
  SimWorldConfig config;
  config.camera.size_min = config.camera.size_max = kFrameBytes;
  config.camera.lost_at = Duration(0);
  config.camera.lost_for = 1min;
  ShardWorld shard(config);
  shard.run_for(1ms);
  const ParsedResponse response = ask(shard, get(frame(1)));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("x-slate"), "camera lost: simulated");
}

}  // namespace
}  // namespace fanlight
