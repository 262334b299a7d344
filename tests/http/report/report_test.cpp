// SPDX-License-Identifier: Apache-2.0
#include "http/report/report.h"

#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <string>

#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

ServerConfig named() {
  ServerConfig config;
  config.version = "1.2.3";
  config.backend = "simulation";
  config.admission.viewers_max = 300;
  return config;
}

SimWorldConfig calm(double fps = 10) {
  SimWorldConfig config;
  config.camera.fps = fps;
  config.camera.size_min = config.camera.size_max = 1'000;
  return config;
}

// Texts that the checker itself must reject: otherwise it would prove nothing.
TEST(JsonCheck, IsStrict) {
  for (const char* good :
       {"{}", "[1,-2.5,0]", R"({"a":[{"b":"x\"y\u001f"}],"c":null})", " true "}) {
    EXPECT_TRUE(JsonCheck(good).valid()) << good;
  }
  for (const char* bad :
       {"", "{", "[1,]", "{,}", "{\"a\" 1}", "01", "nan", "-", "1.", "[1 2]", "{}}",
        "{\"a\":1,\"a\":2}", "\"\n\"", "\"\\x\"", "\"\\u00g0\"", "{'a':1}"}) {
    EXPECT_FALSE(JsonCheck(bad).valid()) << bad;
  }
}

TEST(Report, StateHasTheRightFigures) {
  ShardWorld shard(calm(), named());
  shard.world.add({.request = get("/stream?fps=2.5")});
  SimViewer& fast = shard.world.add({.request = get("/video_feed?advance_headers=1")});
  shard.run_for(5050ms);
  const ParsedResponse response = ask(shard, get("/api/v1/state"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(response.headers.at("transfer-encoding"), "chunked");
  const JsonCheck json(response.body);
  ASSERT_TRUE(json.valid()) << response.body;
  EXPECT_EQ(json.at("version"), "1.2.3");
  EXPECT_EQ(json.at("backend"), "simulation");
  EXPECT_EQ(json.at("uptime_seconds"), "5.050");
  EXPECT_EQ(json.at("max_viewers"), "300");
  EXPECT_EQ(json.at("viewer_count"), "2");
  EXPECT_EQ(json.at("viewer_stall_timeout_seconds"), "10.000");
  EXPECT_EQ(json.size("shards"), 1u);
  EXPECT_EQ(json.at("shards[0].connections"), "3");
  EXPECT_EQ(json.at("shards[0].viewers"), "2");
  EXPECT_EQ(json.at("shards[0].requests"), "3");
  EXPECT_EQ(json.at("shards[0].frames_sent"),
            std::to_string(shard.channel_stats().frames_sent.value()));
  EXPECT_EQ(json.size("cameras"), 1u);
  EXPECT_EQ(json.at("cameras[0].name"), "cam");
  EXPECT_EQ(json.at("cameras[0].source"), "simulated");
  EXPECT_EQ(json.at("cameras[0].online"), "true");
  EXPECT_EQ(json.at("cameras[0].idle"), "false");
  EXPECT_EQ(json.at("cameras[0].quality"), "80");
  EXPECT_EQ(json.at("cameras[0].nominal_fps"), "10.000");
  EXPECT_EQ(json.at("cameras[0].watchers"), "2");
  EXPECT_EQ(json.at("cameras[0].captured"), std::to_string(shard.world.camera().last_sequence()));
  EXPECT_EQ(json.size("viewers"), 2u);
  EXPECT_EQ(json.at("viewers[0].camera"), "cam");
  EXPECT_EQ(json.at("viewers[0].seconds"), "5.050");
  EXPECT_EQ(json.at("viewers[0].fps_cap"), "2.500");
  EXPECT_EQ(json.at("viewers[0].advance_headers"), "false");
  EXPECT_EQ(json.at("viewers[1].frames"), std::to_string(fast.stream().frames));
  EXPECT_EQ(json.at("viewers[1].bytes"), std::to_string(fast.bytes()));
  EXPECT_EQ(json.at("viewers[1].skipped"), "0");
  EXPECT_EQ(json.at("viewers[1].fps_cap"), "0.000");
  EXPECT_EQ(json.at("viewers[1].advance_headers"), "true");
}

TEST(Report, UstreamerStateAndCamerasAreJson) {
  ShardWorld shard(calm(), named());
  shard.world.add({});
  shard.run_for(5s);
  const JsonCheck state(ask(shard, get("/state")).body);
  ASSERT_TRUE(state.valid());
  EXPECT_EQ(state.at("ok"), "true");
  EXPECT_EQ(state.at("result.encoder.quality"), "80");
  EXPECT_EQ(state.at("result.source.online"), "true");
  EXPECT_EQ(state.at("result.source.desired_fps"), "10");
  EXPECT_EQ(state.at("result.source.captured_fps"), "10");
  EXPECT_EQ(state.at("result.stream.clients"), "1");
  const JsonCheck cameras(ask(shard, get("/cameras")).body);
  ASSERT_TRUE(cameras.valid());
  EXPECT_EQ(cameras.size("cameras"), 1u);
  EXPECT_EQ(cameras.at("cameras[0].stream"), "/cameras/cam/stream");
  const ParsedResponse page = ask(shard, get("/cameras", "Accept: text/html\r\n"));
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("<h2><a href=\"cameras/cam\">cam</a></h2>"), std::string::npos);
  EXPECT_EQ(cameras.at("instance_id"), state.at("result.instance_id"));
}

TEST(Report, Http10GetsItWithoutChunksAndHeadWithoutABody) {
  ShardWorld shard(calm(), named());
  shard.run_for(100ms);
  RawClient old(shard);
  old.send("GET /api/v1/state HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  shard.run_for(100ms);
  ASSERT_TRUE(old.finished());
  EXPECT_EQ(old.text().find("Transfer-Encoding"), std::string::npos);
  EXPECT_TRUE(JsonCheck(old.responses()[0].body).valid());
  const std::string head = ask_text(shard, "HEAD /api/v1/state HTTP/1.1\r\nHost: sim\r\n\r\n");
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(Report, ListsEveryViewerOncePageByPage) {
  constexpr size_t kViewers = 200;
  ShardWorld shard(calm(), named());
  for (size_t i = 0; i < kViewers; ++i) shard.world.add({.parse = false});
  shard.run_for(1s);
  const JsonCheck json(ask(shard, get("/api/v1/state")).body);
  ASSERT_TRUE(json.valid());
  ASSERT_EQ(json.size("viewers"), kViewers);
  std::set<std::string> ids;
  for (size_t i = 0; i < kViewers; ++i) {
    ids.insert(json.at("viewers[" + std::to_string(i) + "].id"));
  }
  EXPECT_EQ(ids.size(), kViewers);
  EXPECT_EQ(ids.count("absent"), 0u);
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

// Nothing is prepared ahead for a client that does not read: a later viewer is in its report.
TEST(Report, AClientThatStopsReadingStopsTheWork) {
  constexpr size_t kViewers = 200;
  ShardWorld shard(calm(0.01), named());
  for (size_t i = 0; i < kViewers; ++i) shard.world.add({.parse = false});
  shard.run_for(500ms);
  RawClient client(shard, {.send_buffer = 2 << 10, .receive_window = 2 << 10});
  client.set_reading(false);
  client.send(get("/api/v1/state"));
  shard.run_for(100ms);
  const uint64_t sent = shard.stats().bytes_sent.value();
  const size_t queued = shard.world.backend().network().kernel_bytes();
  EXPECT_LE(queued, 2u << 10);
  shard.run_for(500ms);
  EXPECT_EQ(shard.stats().bytes_sent.value(), sent);
  EXPECT_EQ(shard.world.backend().network().kernel_bytes(), queued);

  shard.world.add({.parse = false});
  shard.run_for(100ms);
  client.set_reading(true);
  ASSERT_TRUE(shard.run_until([&] { return client.answered(); }, 1s));
  const JsonCheck json(client.responses()[0].body);
  ASSERT_TRUE(json.valid());
  // The count was written before the later viewer connected.
  EXPECT_EQ(json.at("viewer_count"), std::to_string(kViewers));
  EXPECT_EQ(json.size("viewers"), kViewers + 1);
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

TEST(Report, AClientThatLeavesInTheMiddleLeavesNothingBehind) {
  ShardWorld shard(calm(), named());
  for (int i = 0; i < 100; ++i) {
    RawClient client(shard, {.send_buffer = 256, .receive_window = 256});
    client.set_reading(false);
    client.send(get("/api/v1/state"));
    shard.run_for(Duration(i * 100'000));
    client.close();
    shard.run_for(10ms);
  }
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  EXPECT_EQ(ask(shard, get("/api/v1/state")).status, 200);  // none of the 64 places has leaked
}

TEST(Report, NoMoreThan64AreReadAtOnce) {
  ShardWorld shard(calm(), named());
  std::deque<RawClient> slow;
  for (int i = 0; i < 64; ++i) {
    slow.emplace_back(shard, SimLink{.send_buffer = 256, .receive_window = 256});
    slow.back().set_reading(false);
    slow.back().send(get("/api/v1/state"));
  }
  shard.run_for(100ms);
  const ParsedResponse refused = ask(shard, get("/metrics"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "5");
  EXPECT_EQ(refused.body, "503 Service Unavailable: too many concurrent reports\n");
  EXPECT_EQ(ask(shard, get("/healthz")).status, 200);
  slow.front().close();
  shard.run_for(10ms);
  EXPECT_EQ(ask(shard, get("/metrics")).status, 200);
}

}  // namespace
}  // namespace fanlight
