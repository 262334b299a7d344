// SPDX-License-Identifier: Apache-2.0
#include "http/report/camera_report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/protocol/exchange.h"
#include "tests/http/json_check.h"
#include "tests/http/panel_world.h"

namespace fanlight {
namespace {

std::vector<std::string> rows(size_t count, const std::string& value) {
  std::vector<std::string> all;
  for (size_t i = 0; i < count; ++i) {
    all.push_back(R"({"name":"control )" + std::to_string(i) + R"(","value":")" + value + "\"}");
  }
  return all;
}

TEST(CameraReport, TellsWhatThePanelTells) {
  PanelWorld shard;
  shard.run_for(10ms);
  shard.panel.describe("HD \"Webcam\" \\ C525", "MJPEG 1280x720 at 30 fps", "1.1 porch");
  shard.panel.publish_controls(rows(3, "x"));
  for (const char* target : {"/cameras", "/api/v1/state"}) {
    const JsonCheck json(ask(shard, get(target)).body);
    ASSERT_TRUE(json.valid()) << target;
    EXPECT_EQ(json.size("cameras"), 1u);
    EXPECT_EQ(json.at("cameras[0].name"), "cam");
    EXPECT_EQ(json.at("cameras[0].state"), "live");
    EXPECT_EQ(json.at("cameras[0].reason"), "");
    EXPECT_EQ(json.at("cameras[0].device"), R"(HD \"Webcam\" \\ C525)");
    EXPECT_EQ(json.at("cameras[0].format"), "MJPEG 1280x720 at 30 fps");
    EXPECT_EQ(json.at("cameras[0].via"), "1.1 porch");
    ASSERT_EQ(json.size("cameras[0].controls"), 3u);
    EXPECT_EQ(json.at("cameras[0].controls[2].name"), "control 2");
  }
}

TEST(CameraReport, ACameraThatTellsNothingHasTheFieldsAllTheSame) {
  ShardWorld without(SimWorldConfig{});
  PanelWorld silent;
  for (ShardWorld* shard : {&without, static_cast<ShardWorld*>(&silent)}) {
    const JsonCheck json(ask(*shard, get("/cameras")).body);
    ASSERT_TRUE(json.valid());
    for (const char* field : {"device", "format", "via"}) {
      EXPECT_EQ(json.at(std::string("cameras[0].") + field), "") << field;
    }
    EXPECT_EQ(json.size("cameras[0].controls"), 0u);
  }
}

TEST(CameraReport, ControlsAloneAndAllOfThem) {
  PanelWorld shard;
  const auto published = rows(300, std::string(60, 'v'));
  ASSERT_EQ(shard.panel.publish_controls(published), 0u);
  const ParsedResponse response = ask(shard, get("/cameras/cam/controls"));
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  const JsonCheck json(response.body);
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.size("controls"), published.size());
  EXPECT_EQ(json.at("controls[299].name"), "control 299");
  EXPECT_EQ(ask(shard, "HEAD /cameras/cam/controls HTTP/1.1\r\nHost: sim\r\n\r\n").status, 200);
  const JsonCheck state(ask(shard, get("/api/v1/state")).body);
  ASSERT_TRUE(state.valid());
  EXPECT_EQ(state.size("cameras[0].controls"), published.size());
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

// The longest texts, fully escaped, still fit into one piece of an answer.
TEST(CameraReport, TheLongestTextsFit) {
  PanelWorld shard;
  const std::string quotes(CameraPanel::kTextBytesMax, '"');
  shard.panel.describe(quotes, quotes, std::string(CameraPanel::kViaBytesMax, '\\'));
  shard.panel.publish_controls(
      std::vector<std::string>{"\"" + std::string(CameraPanel::kControlsBytesMax - 2, 'c') + "\""});
  const JsonCheck json(ask(shard, get("/cameras")).body);
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.at("cameras[0].device").size(), 2 * quotes.size());
  EXPECT_EQ(json.at("cameras[0].via").size(), 2 * CameraPanel::kViaBytesMax);
  EXPECT_EQ(json.at("cameras[0].controls[0]").size(), CameraPanel::kControlsBytesMax - 2);
}

// Wherever the pieces of an answer end, the text after the controls fits.
TEST(CameraReport, ControlsOfEveryLengthFit) {
  for (size_t size = Exchange::kOutputSize - 120; size < Exchange::kOutputSize + 20; ++size) {
    PanelWorld shard;
    const std::string row = "\"" + std::string(size - 2, 'c') + "\"";
    shard.panel.publish_controls(std::vector<std::string>{row});
    for (const char* target : {"/cameras/cam/controls", "/cameras", "/api/v1/state"}) {
      ASSERT_TRUE(JsonCheck(ask(shard, get(target)).body).valid()) << target << " " << size;
    }
  }
}

// The list is one that the camera has published, however slowly it is read.
TEST(CameraReport, ASlowReaderGetsOneWholeList) {
  PanelWorld shard;
  shard.panel.publish_controls(rows(250, std::string(60, 'a')));
  RawClient client(shard, {.send_buffer = 2 << 10, .receive_window = 2 << 10});
  client.set_reading(false);
  client.send(get("/cameras/cam/controls"));
  shard.run_for(100ms);
  shard.panel.publish_controls(rows(10, "b"));
  client.set_reading(true);
  ASSERT_TRUE(shard.run_until([&] { return client.answered(); }, 10s));
  const JsonCheck json(client.responses()[0].body);
  ASSERT_TRUE(json.valid());
  ASSERT_EQ(json.size("controls"), 250u);
  EXPECT_EQ(json.at("controls[249].value"), std::string(60, 'a'));
}

TEST(CameraReport, TheConditionIsToldInAWordAndTheReasonInWords) {
  SimWorldConfig config;
  config.camera.lost_at = 1s;
  config.camera.lost_for = 1min;
  ShardWorld shard(config);
  const auto state = [&shard](const char* field) {
    return JsonCheck(ask(shard, get("/cameras")).body).at(std::string("cameras[0].") + field);
  };
  shard.run_for(500ms);
  EXPECT_EQ(state("state"), "live");
  shard.run_for(3s);
  EXPECT_EQ(state("state"), "lost");
  EXPECT_EQ(state("reason"), "camera lost: simulated");

  SimWorldConfig none;
  none.camera.drop = 1;
  ShardWorld starting(none);
  starting.run_for(1s);
  EXPECT_EQ(JsonCheck(ask(starting, get("/cameras")).body).at("cameras[0].state"), "starting");

  SimWorldConfig idle;
  idle.camera.idles_unwatched = true;
  ShardWorld resting(idle);
  resting.run_for(10s);
  EXPECT_EQ(JsonCheck(ask(resting, get("/cameras")).body).at("cameras[0].state"), "idle");
}

TEST(CameraReport, AReasonNeedNotNameTheCamera) {
  EXPECT_EQ(said_of_camera("camera lost: not there"), "lost: not there");
  EXPECT_EQ(said_of_camera("camera gives no pictures"), "gives no pictures");
  EXPECT_EQ(said_of_camera("cameraman away"), "cameraman away") << "an upstream's words";
  EXPECT_EQ(said_of_camera(""), "");
}

}  // namespace
}  // namespace fanlight
