// SPDX-License-Identifier: Apache-2.0
#include "http/report/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fanlight {
namespace {

std::string all_metrics(const ServerState& state) {
  Metrics metrics(state);
  std::string page;
  Body::State last = Body::State::more;
  while (last == Body::State::more) {
    std::array<char, kMetricsStepMax> room;
    TextWriter text(room);
    last = metrics.write_step(text);
    page += text.view();
  }
  return page;
}

TEST(Metrics, AreSummedOverShardsAndLabelledByCamera) {
  FrameRing front({}), back({});
  ServerState state({}, {{"front", "pattern", &front}, {"back", "files:/x", &back}}, 2, WallTime());
  state.links[0]->channels[0].frames_sent.add(3);
  state.links[1]->channels[1].frames_sent.add(8);
  state.links[1]->channels[0].frames_sent.add(4);
  state.links[1]->channels[0].frame_age.record(5ms);
  front.stats().captured.add(7);
  const std::string page = all_metrics(state);
  for (const char* line : {
           "\nfanlight_frames_sent_total{camera=\"front\"} 7\n",
           "\nfanlight_frames_sent_total{camera=\"back\"} 8\n",
           "\nfanlight_captured_frames_total{camera=\"front\"} 7\n",
           "\nfanlight_captured_frames_total{camera=\"back\"} 0\n",
           "\nfanlight_frame_age_seconds_bucket{camera=\"front\",le=\"0.004096\"} 0\n",
           "\nfanlight_frame_age_seconds_bucket{camera=\"front\",le=\"0.008192\"} 1\n",
           "\nfanlight_frame_age_seconds_bucket{camera=\"front\",le=\"+Inf\"} 1\n",
           "\nfanlight_frame_age_seconds_sum{camera=\"front\"} 0.005\n",
           "\nfanlight_frame_age_seconds_count{camera=\"front\"} 1\n",
           "\nfanlight_frame_age_seconds_count{camera=\"back\"} 0\n",
       }) {
    EXPECT_NE(page.find(line), std::string::npos) << line;
  }
}

// However many cameras there are, each metric has one head, and a sample for each camera, or one.
TEST(Metrics, AreCompleteForAnyNumberOfCameras) {
  std::vector<size_t> heads;
  for (size_t count = 1; count <= 4; ++count) {
    std::vector<std::unique_ptr<FrameRing>> rings;
    std::vector<Camera> cameras;
    for (size_t i = 0; i < count; ++i) {
      rings.push_back(std::make_unique<FrameRing>(FrameRingConfig()));
      cameras.push_back({"cam" + std::to_string(i), "x", rings.back().get()});
    }
    const ServerState state({}, cameras, 1, WallTime());
    const std::string page = all_metrics(state);
    std::set<std::string> names;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("# TYPE ")) continue;
      EXPECT_TRUE(names.insert(line).second) << line;
    }
    heads.push_back(names.size());
    for (size_t i = 0; i < count; ++i) {
      const std::string label = "{camera=\"cam" + std::to_string(i) + "\"}";
      EXPECT_NE(page.find("\nfanlight_camera_online" + label), std::string::npos) << label;
    }
    EXPECT_NE(page.find("\nfanlight_connections 0\n"), std::string::npos);
    EXPECT_NE(page.find("\nfanlight_build_info"), std::string::npos);
  }
  EXPECT_EQ(heads, std::vector<size_t>(4, heads[0]));
}

TEST(Metrics, GiveReasons) {
  FrameRing ring({});
  ring.stats().dropped_no_place.add(1);
  ring.stats().dropped_bad.add(2);
  ring.stats().lost_by_device.add(3);
  ring.stats().damaged_by_device.add(4);
  ring.stats().dropped_late.add(5);
  ServerState state({}, {{"cam", "pattern", &ring}}, 2, WallTime());
  state.links[0]->stats.refused_full.add(1);
  state.links[0]->stats.refused_address.add(2);
  state.links[0]->stats.refused_wire.add(3);
  state.links[1]->stats.refused_descriptors.add(4);
  state.links[1]->stats.evicted_stalled.add(5);
  state.links[1]->stats.evicted_memory.add(6);
  const std::string page = all_metrics(state);
  for (const char* line : {
           "\nfanlight_dropped_frames_total{camera=\"cam\",reason=\"no_place\"} 1\n",
           "\nfanlight_dropped_frames_total{camera=\"cam\",reason=\"bad\"} 2\n",
           "\nfanlight_dropped_frames_total{camera=\"cam\",reason=\"lost_by_device\"} 3\n",
           "\nfanlight_dropped_frames_total{camera=\"cam\",reason=\"damaged_by_device\"} 4\n",
           "\nfanlight_dropped_frames_total{camera=\"cam\",reason=\"late\"} 5\n",
           "\nfanlight_refusals_total{reason=\"full\"} 1\n",
           "\nfanlight_refusals_total{reason=\"address\"} 2\n",
           "\nfanlight_refusals_total{reason=\"wire\"} 3\n",
           "\nfanlight_refusals_total{reason=\"descriptors\"} 4\n",
           "\nfanlight_evictions_total{reason=\"stalled\"} 5\n",
           "\nfanlight_evictions_total{reason=\"memory\"} 6\n",
       }) {
    EXPECT_NE(page.find(line), std::string::npos) << line;
  }
}

TEST(Metrics, TellOfTheProcessAndTheLimits) {
  FrameRing ring({});
  ServerConfig config;
  config.version = "1.2.3";
  config.backend = "epoll";
  config.admission.viewers_max = 300;
  config.wire.bits_per_second = 100'000'000;
  config.process_figures = []() noexcept { return ProcessFigures{1.5, 4096, 1024}; };
  ServerState state(config, {{"cam", "pattern", &ring}}, 1, WallTime(1234500ms));
  const std::string page = all_metrics(state);
  for (const char* line : {
           "\nfanlight_build_info{version=\"1.2.3\",backend=\"epoll\"} 1\n",
           "\nfanlight_viewers_limit 300\n",
           "\nfanlight_egress_limit_bytes_per_second 11875000\n",
           "\nfanlight_viewers_waiting 0\n",
           "\nprocess_start_time_seconds 1234.500\n",
           "\nprocess_cpu_seconds_total 1.50\n",
           "\nprocess_resident_memory_bytes 4096\n",
           "\nprocess_max_fds 1024\n",
       }) {
    EXPECT_NE(page.find(line), std::string::npos) << line;
  }
}

// The longest name that a camera may have, and every figure at its maximum.
TEST(Metrics, AStepIsBounded) {
  FrameRing ring({});
  Waker waker;
  CameraPanel panel(waker);
  const std::string text(CameraPanel::kTextBytesMax, '"');  // each character is escaped
  panel.describe(text, text, "");
  ServerState state({}, {{std::string(32, 'n'), "x", &ring, &panel}}, 1, WallTime());
  Histogram& age = state.links[0]->channels[0].frame_age;
  for (int i = 0; i < 1000; ++i) age.record(1h);
  Metrics metrics(state);
  Body::State last = Body::State::more;
  while (last == Body::State::more) {
    std::array<char, kMetricsStepMax> room;
    TextWriter step(room);
    last = metrics.write_step(step);
    // 28 lines, in each of which the count may have 17 more digits.
    EXPECT_LT(step.size() + 28 * 17, kMetricsStepMax) << step.view();
  }
}

TEST(Metrics, TellTheCamerasDeviceAndSize) {
  FrameRing ring({});
  Waker waker;
  CameraPanel panel(waker);
  panel.describe("The \"HD\" \\ cam", "MJPEG", "");
  ring.stats().width.set(1280);
  ring.set_activity(CaptureActivity::idle);
  ring.watch();
  ServerState state({}, {{"a", "x", &ring, &panel}}, 1, WallTime());
  const std::string page = all_metrics(state);
  ring.unwatch();
  for (const char* line : {
           "\nfanlight_camera_info{camera=\"a\",device=\"The \\\"HD\\\" \\\\ "
           "cam\",format=\"MJPEG\"} 1\n",
           "\nfanlight_camera_width_pixels{camera=\"a\"} 1280\n",
           "\nfanlight_camera_idle{camera=\"a\"} 1\n",
           "\nfanlight_camera_watchers{camera=\"a\"} 1\n",
       }) {
    EXPECT_NE(page.find(line), std::string::npos) << line;
  }
}

// Each metric has one HELP and one TYPE, before its first sample, and a name of the right form.
TEST(Metrics, AreWellFormed) {
  FrameRing ring({});
  ServerState state({}, {{"a", "x", &ring}, {"b", "x", &ring}}, 1, WallTime());
  std::istringstream lines(all_metrics(state));
  std::set<std::string> typed;
  size_t samples = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) continue;
    if (line.starts_with("# TYPE ")) {
      const std::string name = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(typed.insert(name).second) << name << " is declared twice";
      continue;
    }
    std::string name = line.substr(0, line.find_first_of("{ "));
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
      if (name.ends_with(suffix)) name.resize(name.size() - std::string(suffix).size());
    }
    EXPECT_TRUE(typed.contains(name)) << line;
    EXPECT_TRUE(name.starts_with("fanlight_") || name.starts_with("process_")) << line;
    ++samples;
  }
  EXPECT_GT(samples, 100u);
}

}  // namespace
}  // namespace fanlight
