// SPDX-License-Identifier: Apache-2.0
// Updates by number: what clients of a cache fetch instead of whole frames.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "http/answer/frame_reply.h"
#include "tests/core/segments/test_segments.h"
#include "tests/http/answer_world.h"
#include "tests/http/auth_world.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

const std::string kFrames = "/cameras/cam/frames/";

SimWorldConfig divided_world(double fps) {
  SimWorldConfig config = calm_world(fps, 3'000);
  config.camera.segments = true;
  return config;
}

// The number behind `name` in a URL, as text.
std::string field_of(const std::string& url, const std::string& name) {
  const size_t at = url.find(name + "=");
  if (at == std::string::npos) return {};
  const size_t begin = at + name.size() + 1;
  return url.substr(begin, url.find('&', begin) - begin);
}

// A client that shows one frame after the other, as /viewer.js does through a cache.
// Owns: its picture. Thread: one.
class Poller {
 public:
  explicit Poller(ShardWorld& shard) : shard_(shard) {}

  // Waits for the next frame and shows it. Returns what is wrong, or an empty text.
  std::string step() {
    const std::string seen =
        url_.empty() ? "" : fmt::format("?after={}&v={}", canvas_.sequence(), field_of(url_, "v"));
    const ParsedResponse next = fetch("next.update" + seen);
    if (next.status != 302) return fmt::format("{}: {}", next.status, next.body);
    url_ = next.headers.at("location");
    const ParsedResponse frame = fetch(url_);
    if (frame.status != 200) return fmt::format("{}: {}: {}", url_, frame.status, frame.body);
    return show(frame.body);
  }

  const std::string& url() const { return url_; }  // of the frame that it shows
  uint64_t sequence() const { return canvas_.sequence(); }
  size_t whole() const { return whole_; }
  size_t updates() const { return updates_; }
  size_t bytes() const { return bytes_; }

 private:
  ParsedResponse fetch(const std::string& leaf) {
    RawClient client(shard_);
    client.send(get(kFrames + leaf));
    for (int i = 0; i < 600 && !client.answered(); ++i) shard_.run_for(10ms);
    return client.answered() ? client.responses()[0] : ParsedResponse();
  }

  std::string show(const std::string& body) {
    const std::vector<ServerFrame> messages = server_frames(body);
    if (messages.empty() || messages[0].first != 0x81) return "no description";
    if (messages.size() > 1 && messages[1].first != 0x82) return "no picture";
    const std::string& text = messages[0].payload;
    const std::string picture = messages.size() > 1 ? messages[1].payload : "";
    bytes_ += body.size();
    const auto description = nlohmann::json::parse(text);
    const bool is_update = description.contains("update");
    ++(is_update ? updates_ : whole_);
    const std::string wrong = is_update ? canvas_.take_update(text, picture, true)
                                        : canvas_.take_whole(picture, description["sequence"]);
    return wrong.empty() && canvas_.is_divided() ? canvas_.check(canvas_.sequence()) : wrong;
  }

  ShardWorld& shard_;
  TestCanvas canvas_;
  std::string url_;
  size_t whole_ = 0, updates_ = 0, bytes_ = 0;
};

TEST(FrameReplyUpdate, WhoFollowsShowsEachFrame) {
  ShardWorld shard(divided_world(10));
  shard.run_for(100ms);
  Poller poller(shard);
  for (uint64_t i = 0; i < 500; ++i) {
    const uint64_t before = poller.sequence();
    ASSERT_EQ(poller.step(), "") << poller.url();
    ASSERT_TRUE(before == 0 || poller.sequence() == before + 1) << poller.url();
  }
  EXPECT_GT(poller.updates(), 450u);
  // Until the base is a divided frame, and at the beginning of each of the camera's epochs.
  EXPECT_LT(poller.whole(), 50u);
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

// Those that show different frames share the update, which begins at a frame before both.
TEST(FrameReplyUpdate, ClientsOfAnyPaceFetchTheSameUpdates) {
  ShardWorld shard(divided_world(30));
  shard.run_for(100ms);
  Poller fast(shard), slow(shard);
  size_t shared = 0;
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(fast.step(), "") << fast.url();
    if (i % 3 != 0) continue;
    ASSERT_EQ(slow.step(), "") << slow.url();
    if (slow.url() == fast.url()) ++shared;
    const std::string base = field_of(slow.url(), "since");
    EXPECT_TRUE(base.empty() || std::stoull(base) % 8 == 0) << base;
  }
  EXPECT_GT(slow.updates(), 60u);
  EXPECT_GT(shared, 0u);
}

TEST(FrameReplyUpdate, AnUpdateIsCacheableLikeItsFrame) {
  ShardWorld shard(divided_world(10));
  shard.run_for(100ms);
  Poller poller(shard);
  while (field_of(poller.url(), "since").empty()) ASSERT_EQ(poller.step(), "");
  const ParsedResponse update = ask(shard, get(kFrames + poller.url()));
  EXPECT_EQ(update.headers.at("content-type"), "application/octet-stream");
  EXPECT_EQ(update.headers.at("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(update.headers.at("x-sequence"), std::to_string(poller.sequence()));
  const std::string tag = update.headers.at("etag");
  const ParsedResponse same =
      ask(shard, get(kFrames + poller.url(), "If-None-Match: " + tag + "\r\n"));
  EXPECT_EQ(same.status, 304);
  RawClient head(shard, {}, {true});
  head.send(head_request(kFrames + poller.url()));
  shard.run_for(10ms);
  EXPECT_EQ(head.responses().at(0).headers.at("content-length"),
            std::to_string(update.body.size()));
}

// Another frame had that number before a restart; and what is no longer there proves nothing.
TEST(FrameReplyUpdate, WithoutProofOfWhatIsShownTheFrameIsWhole) {
  ShardWorld shard(divided_world(10));
  shard.run_for(100ms);
  Poller poller(shard);
  for (int i = 0; i < 40; ++i) ASSERT_EQ(poller.step(), "");
  const std::string shown = std::to_string(poller.sequence() - 1);
  for (const std::string& query :
       {"?after=" + shown, "?after=" + shown + "&v=1",
        "?after=" + shown + "&v=", std::string("?after=1&v=1"), std::string()}) {
    const ParsedResponse next = ask(shard, get(kFrames + "next.update" + query));
    EXPECT_EQ(next.status, 302) << query;
    EXPECT_EQ(field_of(next.headers.at("location"), "since"), "") << query;
    const ParsedResponse frame = ask(shard, get(kFrames + next.headers.at("location")));
    EXPECT_EQ(server_frames(frame.body).size(), 2u);
    EXPECT_EQ(server_frames(frame.body)[0].payload.find("update"), std::string::npos);
  }
}

TEST(FrameReplyUpdate, WhatCannotBeUpdatedIsWhole) {
  ShardWorld shard(divided_world(10));
  shard.run_for(100ms);
  Poller poller(shard);
  for (int i = 0; i < 40; ++i) ASSERT_EQ(poller.step(), "");
  const std::string newest = std::to_string(poller.sequence());
  const std::string older = std::to_string(poller.sequence() - 1);
  for (const std::string& leaf :
       {newest + ".update", newest + ".update?since=1", newest + ".update?since=99999",
        older + ".update?since=" + std::to_string(poller.sequence() / 8 * 8 - 8)}) {
    const ParsedResponse frame = ask(shard, get(kFrames + leaf));
    ASSERT_EQ(frame.status, 200) << leaf;
    EXPECT_EQ(server_frames(frame.body).at(0).payload.find("update"), std::string::npos) << leaf;
  }
  for (const char* wrong : {"", "x", "-1", "18446744073709551616"}) {
    const ParsedResponse frame = ask(shard, get(kFrames + newest + ".update?since=" + wrong));
    EXPECT_EQ(frame.status, 400) << wrong;
    EXPECT_EQ(frame.body, "400 Bad Request: since: expected the number of a frame\n");
  }
  EXPECT_EQ(ask(shard, get(kFrames + "99999.update")).status, 404);
}

// Frames are divided for as long as somebody comes for updates.
TEST(FrameReplyUpdate, WholeFramesAreNotDivided) {
  ShardWorld shard(divided_world(10));
  shard.run_for(100ms);
  EXPECT_EQ(ask(shard, get(kFrames + "next")).status, 302);
  EXPECT_FALSE(shard.world.ring().wants_segments());
  EXPECT_EQ(ask(shard, get(kFrames + "next.update")).status, 302);
  EXPECT_TRUE(shard.world.ring().wants_segments());
  shard.run_for(9s);
  EXPECT_TRUE(shard.world.ring().wants_segments());
  shard.run_for(2s);
  EXPECT_FALSE(shard.world.ring().wants_segments());
}

// A client that stalls holds its update, however many newer frames there are.
TEST(FrameReplyUpdate, AnUpdateOutlivesItsFrame) {
  ShardWorld shard(divided_world(10));
  shard.run_for(100ms);
  Poller poller(shard);
  while (field_of(poller.url(), "since").empty()) ASSERT_EQ(poller.step(), "");
  const std::string body = ask(shard, get(kFrames + poller.url())).body;
  SimLink link;
  link.send_buffer = 200;
  RawClient stalled(shard, link);
  stalled.set_reading(false);
  stalled.send(get(kFrames + poller.url()));
  shard.run_for(1500ms);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(poller.step(), "");
  stalled.set_reading(true);
  shard.run_for(1s);
  EXPECT_EQ(stalled.responses().at(0).body, body);
}

}  // namespace
}  // namespace fanlight
