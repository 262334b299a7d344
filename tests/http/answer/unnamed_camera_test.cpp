// SPDX-License-Identifier: Apache-2.0
// A camera of a directory: it has no name at first, is shown, is gone, and is shown again.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/http/raw_client.h"
#include "tests/sim/shard_world.h"

namespace fanlight {
namespace {

using nlohmann::json;

const std::string kJson = "Accept: application/json\r\n";

SimWorldConfig calm() {
  SimWorldConfig config;
  config.camera.fps = 30;
  config.camera.size_min = config.camera.size_max = 5'000;
  return config;
}

// One that has a name, and two that may get one. Its clients may see all.
struct Directory : ShardWorld {
  explicit Directory(size_t named = 1) : ShardWorld(calm(), {}, nullptr, named + 2, true, 2) {
    run_for(1s);
  }

  int status(const std::string& target) { return ask(*this, get(target)).status; }
  std::string body(const std::string& target, const std::string& fields = {}) {
    return ask(*this, get(target, fields)).body;
  }
  int upgrade(const std::string& target) {
    const ParsedResponse response =
        ask(*this, get(target,
                       "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
    return response.status;
  }

  // In each report that lists them, in the same order.
  std::vector<std::string> listed() {
    const std::vector<std::string> names = names_in(body("/cameras", kJson), "cameras");
    EXPECT_EQ(names_in(body("/api/v1/state"), "cameras"), names);
    EXPECT_EQ(names_in(body("/api/v1/summary"), "cameras"), names);
    EXPECT_EQ(names_in(body("/program.json"), "inputs"), names);
    EXPECT_EQ(labels_in(body("/metrics"), "\nfanlight_camera_online{camera=\""), names);
    EXPECT_EQ(labels_in(body("/cameras", "Accept: text/html\r\n"), "<li data-name=\""), names);
    return names;
  }

 private:
  static std::vector<std::string> names_in(const std::string& text, const char* list) {
    const json report = json::parse(text);
    std::vector<std::string> names;
    for (const json& each : report[list]) names.push_back(each["name"]);
    return names;
  }
  static std::vector<std::string> labels_in(const std::string& text, const std::string& before) {
    std::vector<std::string> labels;
    for (size_t at = text.find(before); at != text.npos; at = text.find(before, at + 1)) {
      const size_t begin = at + before.size();
      labels.push_back(text.substr(begin, text.find('"', begin) - begin));
    }
    return labels;
  }
};

using Names = std::vector<std::string>;

TEST(UnnamedCamera, IsListedFromWhenItHasAName) {
  Directory server;
  EXPECT_EQ(server.listed(), Names{"cam"});
  server.state.name_camera("yard");
  EXPECT_EQ(server.listed(), (Names{"cam", "yard"}));
  server.state.name_camera("gate");
  EXPECT_EQ(server.listed(), (Names{"cam", "yard", "gate"}));
  server.state.names.show(1, false);
  EXPECT_EQ(server.listed(), (Names{"cam", "gate"}));
  server.state.names.show(1, true);
  EXPECT_EQ(server.listed(), (Names{"cam", "yard", "gate"}));
}

TEST(UnnamedCamera, MayBeTheOnlyOne) {
  Directory server(0);
  EXPECT_EQ(server.listed(), Names{});
  EXPECT_EQ(server.status("/stream"), 404);
  EXPECT_EQ(server.status("/"), 200);
  EXPECT_EQ(server.upgrade("/ws"), 400);
  EXPECT_EQ(server.body("/readyz"), "503 Service Unavailable: no camera is announced\n");
  server.state.name_camera("yard");
  EXPECT_EQ(server.listed(), Names{"yard"});
  EXPECT_EQ(server.status("/snapshot"), 200);
  EXPECT_EQ(server.body("/readyz"), "ok\n");
  EXPECT_NE(server.body("/").find("<title>yard"), std::string::npos);
}

TEST(UnnamedCamera, HasItsUrlsWhileItIsShown) {
  Directory server;
  for (const bool is_there : {false, true, false, true}) {
    if (is_there && server.state.names.named().size() == 1) server.state.name_camera("yard");
    if (server.state.names.named().size() > 1) server.state.names.show(1, is_there);
    for (const char* target : {"/cameras/yard", "/cameras/yard/snapshot", "/cameras/yard/state",
                               "/cameras/yard/controls", "/input_1.json"}) {
      EXPECT_EQ(server.status(target), is_there ? 200 : 404) << target;
    }
    EXPECT_EQ(server.status("/cameras/yard/"), is_there ? 301 : 404);
  }
  EXPECT_NE(server.body("/cameras/yard").find("data-camera=\"yard\""), std::string::npos);
}

TEST(UnnamedCamera, KeepsItsViewersWhileItIsGone) {
  Directory server;
  server.state.name_camera("yard");
  RawClient viewer(server);
  viewer.send(get("/cameras/yard/stream"));
  server.run_for(1s);
  EXPECT_EQ(json::parse(server.body("/api/v1/state"))["viewers"][0]["camera"], "yard");
  server.state.names.show(1, false);
  const uint64_t before = server.state.links[0]->channels[1].frames_sent.value();
  server.run_for(1s);
  EXPECT_GT(server.state.links[0]->channels[1].frames_sent.value(), before);
  EXPECT_EQ(json::parse(server.body("/api/v1/state"))["viewers"][0]["camera"], "yard");
}

}  // namespace
}  // namespace fanlight
