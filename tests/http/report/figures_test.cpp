// SPDX-License-Identifier: Apache-2.0
// The figures in the first seconds, after a pause, during a slate and after it: viewers, cameras
// and the network are charged only with what each of them caused.
#include "http/report/figures.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

JsonCheck json_of(ShardWorld& shard, const char* target) {
  const JsonCheck json(ask(shard, get(target)).body);
  EXPECT_TRUE(json.valid()) << target;
  return json;
}

std::string summary(ShardWorld& shard, const std::string& key) {
  return json_of(shard, "/api/v1/summary").at("cameras[0]." + key);
}

std::string of_viewer(ShardWorld& shard, const std::string& key) {
  return json_of(shard, "/api/v1/state").at("viewers[0]." + key);
}

bool has_metric(ShardWorld& shard, const std::string& line) {
  return ask(shard, get("/metrics")).body.find("\n" + line + "\n") != std::string::npos;
}

// Its numbers continue while no one is watching, like those of pictures that are not encoded.
SimWorldConfig unwatched_world() {
  SimWorldConfig config = calm_world(10);
  config.camera.idles_unwatched = true;
  config.camera.counts_unwatched = true;
  return config;
}

// Two seconds of pictures, then slates for `duration`.
SimWorldConfig lost_world(Duration duration, double fps = 10) {
  SimWorldConfig config = calm_world(fps);
  config.camera.lost_at = 1950ms;
  config.camera.lost_for = duration;
  return config;
}

std::string web_socket(const std::string& target) {
  return get(target,
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

TEST(Figures, AViewerIsNotChargedWithWhatCameBeforeIt) {
  for (const std::string& request : {get("/stream"), get("/video_feed?advance_headers=1"),
                                     get("/stream?extra_headers=1"), web_socket("/ws")}) {
    SCOPED_TRACE(request);
    ShardWorld shard(unwatched_world());
    {
      RawClient first(shard);
      first.send(request);
      shard.run_for(2s);
    }
    shard.run_for(60s);  // 6000 numbers
    RawClient second(shard);
    second.send(request);
    shard.run_for(2050ms);
    EXPECT_GT(shard.world.camera().last_sequence(), 6000u);
    EXPECT_EQ(of_viewer(shard, "skipped"), "0");
    EXPECT_EQ(of_viewer(shard, "fps"), "10.000") << "a pause is no interval of it";
    EXPECT_EQ(summary(shard, "frames_skipped"), "0");
    EXPECT_TRUE(has_metric(shard, "fanlight_frames_skipped_total{camera=\"cam\"} 0"));
    EXPECT_EQ(second.text().find("X-UStreamer-Dropped: 6"), std::string::npos);
  }
}

TEST(Figures, AViewerIsNotChargedWithWhatTheCameraLost) {
  SimWorldConfig config = calm_world(30);
  config.camera.drop = 0.3;
  config.camera.abandon = 0.1;
  ShardWorld shard(config);
  SimViewer& viewer = shard.world.add({.request = get("/stream")});
  shard.run_for(10s);
  EXPECT_GT(viewer.stream().gaps, 50u) << "the numbers tell";
  EXPECT_EQ(of_viewer(shard, "skipped"), "0");
}

TEST(Figures, AViewerIsChargedWithWhatItDidNotTake) {
  ShardWorld shard(calm_world(10));
  SimViewer& viewer = shard.world.add({.request = get("/stream?fps=2.5")});
  shard.run_for(4050ms);
  EXPECT_EQ(viewer.stream().frames, 11u);
  EXPECT_EQ(of_viewer(shard, "skipped"), "30") << "three of four, since its first";
  EXPECT_EQ(of_viewer(shard, "fps"), "2.500");
}

TEST(Figures, SlatesAreNoPicturesThatAViewerMissed) {
  ShardWorld shard(lost_world(10s));
  shard.world.add({.request = get("/stream?fps=0.25")});
  shard.run_for(11s);  // the slates of 2 s to 11 s
  const std::string skipped = of_viewer(shard, "skipped");
  EXPECT_LT(std::stoul(skipped), 20u) << "the pictures of the first two seconds";
  EXPECT_EQ(of_viewer(shard, "fps"), "0.000");
}

TEST(Figures, NothingIsToldOfARateBeforeTheSecondPicture) {
  ShardWorld shard(calm_world(1));
  shard.run_for(700ms);
  RawClient viewer(shard);
  viewer.send(get("/stream"));
  shard.run_for(100ms);
  EXPECT_EQ(viewer.stream().frames, 1u);
  EXPECT_EQ(of_viewer(shard, "fps"), "0.000");
  shard.run_for(300ms);
  EXPECT_EQ(viewer.stream().frames, 2u);
  EXPECT_EQ(of_viewer(shard, "fps"), "1.000") << "the camera's, not 2.5 since the viewer came";
  EXPECT_EQ(summary(shard, "fps"), "1.000");
}

TEST(Figures, ARepeatIsNoPictureAndHasNoAge) {
  ShardWorld shard(calm_world(0.1));
  SimViewer& viewer = shard.world.add({.request = get("/stream")});
  shard.run_for(25s);
  ASSERT_GT(viewer.stream().repeats, 8u);
  EXPECT_EQ(of_viewer(shard, "fps"), "0.100");
  EXPECT_EQ(summary(shard, "frame_age_count"), "3");
  EXPECT_EQ(summary(shard, "frame_age_sum_seconds"), "0.000000");
}

TEST(Figures, ALostCameraHasNoRateAndTheAgeOfItsLastPicture) {
  ShardWorld shard(lost_world(1min));
  shard.world.add({.request = get("/stream")});
  shard.run_for(12s);
  EXPECT_EQ(summary(shard, "state"), "lost");
  EXPECT_EQ(summary(shard, "fps"), "0.000");
  EXPECT_EQ(summary(shard, "newest_age_seconds"), "10.100");
  EXPECT_EQ(summary(shard, "frame_age_count"), "20") << "of the pictures alone";
  EXPECT_TRUE(has_metric(shard, "fanlight_frame_age_seconds_count{camera=\"cam\"} 20"));
  const JsonCheck state = json_of(shard, "/state");
  EXPECT_EQ(state.at("result.source.captured_fps"), "0");
  EXPECT_EQ(state.at("result.stream.queued_fps"), "0");
  EXPECT_EQ(state.at("result.stream.clients_stat.0000000000000001.fps"), "0");
}

TEST(Figures, ACameraThatHasNeverGivenAPictureHasNoAge) {
  SimWorldConfig config = calm_world(10);
  config.camera.lost_at = Duration(0);
  config.camera.lost_for = 1min;
  ShardWorld shard(config);
  shard.run_for(5s);
  EXPECT_EQ(summary(shard, "state"), "lost");
  EXPECT_EQ(summary(shard, "newest_age_seconds"), "null");
}

TEST(Figures, ALossIsNoIntervalOfAViewer) {
  ShardWorld shard(lost_world(20s));
  shard.world.add({.request = get("/stream")});
  shard.run_for(22500ms);
  EXPECT_EQ(summary(shard, "state"), "live");
  EXPECT_EQ(of_viewer(shard, "fps"), "10.000");
}

TEST(Figures, ASilentCamerasRateFalls) {
  ShardWorld shard(calm_world(10));
  shard.world.add({.request = get("/stream")});
  shard.run_for(3050ms);
  shard.world.camera().stop();
  shard.world.ring().stats().captured_at_ns.set(shard.world.ring().stats().pictured_at_ns.value());
  shard.run_for(3950ms);
  EXPECT_EQ(summary(shard, "fps"), "0.250");
  EXPECT_EQ(of_viewer(shard, "fps"), "0.250");
}

// A camera behind another server does not report its rate, so it is measured.
TEST(Figures, ASlowCameraThatDoesNotTellItsRateIsReady) {
  ShardWorld shard(calm_world(0.4));
  shard.world.ring().stats().interval_ns.set(0);
  shard.run_for(7400ms);
  EXPECT_EQ(ask(shard, get("/readyz")).status, 200) << "the picture is 2.4 s old";
  shard.world.camera().stop();
  shard.run_for(6s);  // three intervals are 7.5 s
  EXPECT_EQ(ask(shard, get("/readyz")).status, 503);
}

// The tables of one kind of statistics: no key and no metric twice, and each counter named.
template <class... Tables>
void check_tables(const Tables&... tables) {
  std::set<std::string_view> keys, metrics;
  const auto check = [&](const auto& figures) {
    EXPECT_TRUE(figures[0].begins_metric());
    for (const auto& figure : figures) {
      EXPECT_NE(figure.counter == nullptr, figure.histogram == nullptr) << figure.metric;
      EXPECT_EQ(figure.key.empty(), figure.counter == nullptr) << figure.metric;
      if (figure.counter != nullptr) {
        EXPECT_TRUE(keys.insert(figure.key).second) << figure.key;
      }
      if (!figure.begins_metric()) {
        EXPECT_FALSE(figure.reason.empty()) << figure.key;
        continue;
      }
      EXPECT_TRUE(metrics.insert(figure.metric).second) << figure.metric;
      EXPECT_TRUE(figure.metric.starts_with("fanlight_")) << figure.metric;
      EXPECT_EQ(figure.metric.ends_with("_total"), figure.type == "counter") << figure.metric;
      EXPECT_TRUE(figure.help.ends_with(".")) << figure.metric;
    }
  };
  (check(tables), ...);
}

TEST(Figures, NoNameIsGivenTwice) {
  check_tables(kConnectionFigures, kRequestFigures, kSendFigures);
  check_tables(kChannelFigures);
  check_tables(kCaptureFigures);
}

TEST(Figures, AreFoundByTheirCounter) {
  EXPECT_EQ(figure_of(kChannelFigures, &ChannelStats::frames_skipped).key, "frames_skipped");
  EXPECT_EQ(figure_of(kSendFigures, &ShardStats::errors).key, "connection_errors");
}

}  // namespace
}  // namespace fanlight
