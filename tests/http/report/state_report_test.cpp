// SPDX-License-Identifier: Apache-2.0
#include "http/report/state_report.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

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

// The keys of a JSON text, in order.
std::vector<std::string> keys_of(const std::string& text) {
  std::vector<std::string> keys;
  for (size_t at = 0; (at = text.find("\":", at)) != std::string::npos; ++at) {
    const size_t begin = text.rfind('"', at - 1) + 1;
    keys.push_back(text.substr(begin, at - begin));
  }
  return keys;
}

TEST(StateReport, ViewersAreNotToldWhatTheyDoNotNeed) {
  ServerConfig config = named();
  FrameRing front({}), yard({}), back({});
  Waker waker;
  CameraPanel relay(waker), folder(waker), device(waker);
  relay.describe("http://secret-host/...", "MJPEG", "");
  folder.describe("latest:/secret", "JPEG", "");
  device.describe("HD Webcam", "MJPEG", "");
  SimWorld world(calm_world());
  ServerState state(config,
                    {{"front", "http://secret-host/...", &front, &relay, true},
                     {"yard", "latest:/secret", &yard, &folder, true},
                     {"back", "v4l2:/dev/secret", &back, &device}},
                    1, world.backend().wall_now());
  state.flags_json.set(R"({"config":"/secret"})");
  state.devices_json.set(R"(["secret"])");
  const std::array<ListeningSocket, 1> listeners = {{{world.listener()}}};
  Shard shard(state, 0, world.backend(), listeners);
  shard.start();
  bool running = true;
  const SimWorld::Turn turn = [&] { return running = shard.turn(kNever); };
  const auto ask = [&](const PeerAddress& peer, const std::string& target) {
    SimLink link;
    link.peer = peer;
    SimConnection& client = world.backend().connect(world.listener(), link);
    std::string text;
    client.set_on_change([&] {
      text += client.arrived().view();
      client.read(client.arrived().view().size());
    });
    client.write(local_get(target));
    world.run_for(100ms, turn);
    client.set_on_change(nullptr);
    client.close_peer();
    ResponseParser parser({false});
    parser.feed(text);
    parser.end();
    return parser.responses().empty() ? std::string() : parser.responses().front().body;
  };
  const PeerAddress elsewhere = parse_address("192.0.2.7").value();
  for (const char* target : {"/api/v1/state", "/cameras"}) {
    const std::string whole = ask(kThisMachine, target);
    const std::string less = ask(elsewhere, target);
    EXPECT_EQ(less.find("secret"), std::string::npos) << less;
    const JsonCheck all(whole), some(less);
    ASSERT_TRUE(all.valid() && some.valid()) << target;
    EXPECT_EQ(all.at("cameras[0].source"), "http://secret-host/...");
    EXPECT_EQ(all.at("cameras[1].device"), "latest:/secret");
    EXPECT_EQ(all.at("cameras[2].source"), "v4l2:/dev/secret");
    EXPECT_EQ(some.at("cameras[0].source"), "http");
    EXPECT_EQ(some.at("cameras[0].device"), "");
    EXPECT_EQ(some.at("cameras[1].source"), "latest");
    EXPECT_EQ(some.at("cameras[2].source"), "v4l2");
    EXPECT_EQ(some.at("cameras[2].device"), "HD Webcam");
    std::vector<std::string> keys = keys_of(whole);
    std::erase(keys, "config");  // a flag
    EXPECT_EQ(keys_of(less), keys) << target;
  }
  for (const char* target : {"/metrics", "/program.json", "/state", "/api/v1/summary", "/"}) {
    EXPECT_EQ(ask(kThisMachine, target).find("secret"), std::string::npos) << target;
    EXPECT_NE(ask(elsewhere, target), "") << target;
  }
  state.stopping = true;
  state.wake_all();
  world.run_until([&] { return !running; }, 10s, turn);
}

// The longest texts are sent in many pieces; one that is replaced meanwhile is sent as it was.
TEST(StateReport, ASlowReaderGetsEachTextWhole) {
  const auto text = [](size_t bytes, char letter) {
    return "\"" + std::string(bytes - 2, letter) + "\"";
  };
  ShardWorld shard(calm_world());
  ASSERT_TRUE(shard.state.flags_json.set(text(SharedText::kBytesMax, 'f')));
  ASSERT_TRUE(shard.state.devices_json.set(text(SharedText::kBytesMax, 'd')));
  SimLink link{.send_buffer = 2 << 10, .receive_window = 2 << 10};
  link.peer = kThisMachine;
  RawClient client(shard, link);
  client.set_reading(false);
  client.send(local_get("/api/v1/state"));
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
    ASSERT_TRUE(JsonCheck(ask_here(shard, "/api/v1/state").body).valid()) << size;
  }
}

}  // namespace
}  // namespace fanlight
