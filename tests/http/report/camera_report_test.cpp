// SPDX-License-Identifier: Apache-2.0
#include "http/report/camera_report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/http/history_world.h"
#include "tests/http/json_check.h"
#include "tests/http/panel_world.h"

namespace fanlight {
namespace {

TEST(CameraReport, TellsWhatThePanelTells) {
  PanelWorld shard;
  shard.run_for(10ms);
  shard.panel.describe("HD \"Webcam\" \\ C525", "MJPEG 1280x720 at 30 fps", "1.1 porch");
  shard.panel.publish_controls(control_rows(3, "x"));
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

TEST(CameraReport, TellsHowLongTheHistoryIs) {
  ShardWorld with(history_world());
  with.run_for(5'050ms);
  const JsonCheck json(ask(with, get("/api/v1/state")).body);
  const FrameHistory& history = *with.world.history();
  EXPECT_EQ(json.at("cameras[0].history_seconds"), "5.000");
  EXPECT_EQ(json.at("cameras[0].history_frames"), "51");
  EXPECT_EQ(json.at("cameras[0].history_bytes"), std::to_string(history.held_bytes()));
  EXPECT_EQ(json.at("cameras[0].history_limit_bytes"), std::to_string(4 << 20));
  EXPECT_EQ(json.at("cameras[0].history_skipped"), "0");
  const JsonCheck summary(ask(with, get("/api/v1/summary")).body);
  EXPECT_EQ(summary.at("cameras[0].history_seconds"), "5.000");
  const std::string metrics = ask(with, get("/metrics")).body;
  for (const std::string& line :
       {std::string("fanlight_history_seconds{camera=\"cam\"} 5.000"),
        std::string("fanlight_history_frames{camera=\"cam\"} 51"),
        "fanlight_history_bytes{camera=\"cam\"} " + std::to_string(history.held_bytes()),
        std::string("fanlight_history_skipped_frames_total{camera=\"cam\"} 0")}) {
    EXPECT_NE(metrics.find("\n" + line + "\n"), metrics.npos) << line;
  }
  ShardWorld without(calm_world());
  const JsonCheck none(ask(without, get("/api/v1/state")).body);
  for (const char* key : {"frames", "bytes", "limit_bytes", "skipped"}) {
    EXPECT_EQ(none.at("cameras[0].history_" + std::string(key)), "0") << key;
  }
  EXPECT_EQ(none.at("cameras[0].history_seconds"), "0.000");
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
