// SPDX-License-Identifier: Apache-2.0
#include "http/report/state_report.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "http/protocol/exchange.h"
#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

TEST(StateReport, HasTheRightFigures) {
  ShardWorld shard(calm_world(10, 1'000), named());
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

TEST(StateReport, ListsEveryViewerOncePageByPage) {
  constexpr size_t kViewers = 200;
  ShardWorld shard(calm_world(10, 1'000), named());
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

// The longest texts are sent in many pieces; one that is replaced meanwhile is sent as it was.
TEST(StateReport, ASlowReaderGetsEachTextWhole) {
  const auto text = [](size_t bytes, char letter) {
    return "\"" + std::string(bytes - 2, letter) + "\"";
  };
  ShardWorld shard(calm_world());
  ASSERT_TRUE(shard.state.flags_json.set(text(SharedText::kBytesMax, 'f')));
  ASSERT_TRUE(shard.state.devices_json.set(text(SharedText::kBytesMax, 'd')));
  RawClient client(shard, {.send_buffer = 2 << 10, .receive_window = 2 << 10});
  client.set_reading(false);
  client.send(get("/api/v1/state"));
  shard.run_for(100ms);
  ASSERT_TRUE(shard.state.flags_json.set("{}"));
  client.set_reading(true);
  ASSERT_TRUE(shard.run_until([&] { return client.answered(); }, 10s));
  const JsonCheck json(client.responses()[0].body);
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.at("flags"), std::string(SharedText::kBytesMax - 2, 'f'));
  EXPECT_EQ(json.at("devices"), std::string(SharedText::kBytesMax - 2, 'd'));
}

// Wherever the pieces of an answer end, the next key fits after the text.
TEST(StateReport, TextsOfEveryLengthFit) {
  for (size_t size = Exchange::kOutputSize - 120; size < Exchange::kOutputSize + 20; ++size) {
    ShardWorld shard(calm_world());
    shard.state.flags_json.set("\"" + std::string(size - 2, 'f') + "\"");
    shard.state.devices_json.set("\"" + std::string(size - 2, 'd') + "\"");
    ASSERT_TRUE(JsonCheck(ask(shard, get("/api/v1/state")).body).valid()) << size;
  }
}

}  // namespace
}  // namespace fanlight
