// SPDX-License-Identifier: Apache-2.0
// The parameters and fields of ustreamer's own clients, on a whole shard.
#include "http/delivery/ustreamer_framing.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

constexpr size_t kFrameBytes = 5'000;

// All bytes that a client of this target received. The parts have fields that ours lack, so only
// the text is examined.
std::string received(ShardWorld& shard, const std::string& target, Duration time) {
  RawClient client(shard);
  client.send(get(target));
  shard.run_for(time);
  return client.text();
}

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(UstreamerFraming, EveryPartHasItsTimes) {
  for (const char* target : {"/stream?extra_headers=1", "/?action=stream&extra_headers=true",
                             "/video_feed?extra_headers=yes"}) {
    ShardWorld shard(calm_world(10, kFrameBytes));
    const std::string text = received(shard, target, 2s);
    const size_t parts = count(text, "Content-Type: image/jpeg\r\nContent-Length: 5000\r\n");
    EXPECT_GE(parts, 19u);
    for (const char* name :
         {"Online: true", "Dropped: 0", "Width: ", "Height: ", "Client-FPS: ", "Grab-Begin-Time: ",
          "Grab-End-Time: ", "Encode-Begin-Time: ", "Encode-End-Time: ", "Expose-Begin-Time: ",
          "Expose-Cmp-Time: ", "Expose-End-Time: ", "Send-Time: ", "Latency: 0."}) {
      EXPECT_EQ(count(text, std::string("\r\nX-UStreamer-") + name), parts) << name;
    }
  }
}

TEST(UstreamerFraming, ZeroDataSendsHeadsOnly) {
  ShardWorld shard(calm_world(10, kFrameBytes));
  const std::string text = received(shard, "/stream?zero_data=1&extra_headers=1&frames=5", 2s);
  EXPECT_EQ(count(text, "Content-Length: 0\r\n"), 5u);
  EXPECT_EQ(count(text, "X-UStreamer-Latency"), 5u);
  EXPECT_TRUE(text.ends_with("\r\n\r\n\r\n--boundarydonotcross--\r\n")) << text;
  EXPECT_LT(text.size(), 6000u);
}

TEST(UstreamerFraming, AdvanceFormOmitsExtraFields) {
  ShardWorld shard(calm_world(10, kFrameBytes));
  const std::string text = received(shard, "/stream?extra_headers=1&advance_headers=1", 1s);
  EXPECT_EQ(count(text, "X-UStreamer"), 0u);
  EXPECT_GE(count(text, "\r\n--boundarydonotcross\r\nContent-Type: image/jpeg\r\n\r\n"), 9u);
}

TEST(UstreamerFraming, StateListsTheClientsKey) {
  ShardWorld shard(calm_world(10, kFrameBytes));
  RawClient named(shard);
  RawClient plain(shard);
  named.send(get("/stream?key=a-b_c.1&extra_headers=1&dual_final_frames=1"));
  plain.send(get("/stream?zero_data=1&advance_headers=0"));
  shard.run_for(1s);
  const auto state = nlohmann::json::parse(ask(shard, get("/state")).body);
  const auto& clients = state["result"]["stream"]["clients_stat"];
  ASSERT_EQ(clients.size(), 2u);
  const bool first = clients.begin().value()["key"] == "a-b_c.1";
  const auto& one = first ? clients.begin().value() : std::prev(clients.end()).value();
  const auto& other = first ? std::prev(clients.end()).value() : clients.begin().value();
  EXPECT_EQ(one["key"], "a-b_c.1");
  const std::string id = first ? clients.begin().key() : std::prev(clients.end()).key();
  EXPECT_NE(
      named.text().find("\r\nSet-Cookie: stream_client=a-b_c.1/" + id + "; path=/; max-age=30\r\n"),
      std::string::npos);
  EXPECT_EQ(plain.text().find("Set-Cookie"), std::string::npos);
  EXPECT_TRUE(one["extra_headers"] && one["dual_final_frames"] && !one["zero_data"]) << one;
  EXPECT_EQ(other["key"], "0");
  EXPECT_TRUE(other["zero_data"] && !other["extra_headers"]) << other;
}

TEST(UstreamerFraming, InvalidValuesAreNamed) {
  ShardWorld shard(calm_world(10, kFrameBytes));
  const std::string long_key(65, 'k');
  for (const std::string& query :
       {std::string("extra_headers=2"), std::string("extra_headers="), std::string("zero_data=on"),
        std::string("dual_final_frames=x"), std::string("key=a%22b"), std::string("key=<b>"),
        "key=" + long_key}) {
    const ParsedResponse response = ask(shard, get("/stream?" + query));
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_NE(response.body.find(query.substr(0, query.find('=')) + ": "), std::string::npos)
        << response.body;
  }
}

TEST(UstreamerFraming, SnapshotHasItsTimes) {
  ShardWorld shard(calm_world(10, kFrameBytes));
  shard.run_for(1s);
  const ParsedResponse response = ask(shard, get("/snapshot"));
  EXPECT_EQ(response.headers.at("x-ustreamer-online"), "true");
  for (const char* name : {"width", "height", "grab-begin-timestamp", "grab-end-timestamp",
                           "encode-begin-timestamp", "encode-end-timestamp", "send-timestamp"}) {
    EXPECT_EQ(response.headers.count(std::string("x-ustreamer-") + name), 1u) << name;
  }
}

// It is repeated before the usual two seconds, and once for each pause.
TEST(UstreamerFraming, LastFrameBeforeAPauseIsRepeated) {
  SimWorldConfig config = calm_world(10, kFrameBytes);
  config.camera.drop = 0.5;
  ShardWorld shard(config);
  RawClient twice(shard);
  RawClient once(shard);
  twice.send(get("/stream?dual_final_frames=1"));
  once.send(get("/stream"));
  shard.run_for(20s);
  EXPECT_EQ(once.stream().repeats, 0u);
  EXPECT_GE(twice.stream().repeats, 20u);
  EXPECT_EQ(twice.stream().frames - twice.stream().repeats, once.stream().frames);
  EXPECT_EQ(twice.violation() + once.violation(), "");
}

}  // namespace
}  // namespace fanlight
