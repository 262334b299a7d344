// SPDX-License-Identifier: Apache-2.0
#include "http/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <sstream>
#include <string>

namespace fanlight {
namespace {

std::string all_metrics(const ServerState& state) {
  std::string page;
  std::array<char, 4000> room;
  for (size_t step = 0;; ++step) {
    TextWriter text(room);
    const bool more = write_metrics_step(state, step, text);
    page.append(room.data(), text.size());
    if (!more) return page;
  }
}

TEST(Metrics, AreSummedOverShardsAndLabelledByCamera) {
  FrameRing front({}), back({});
  ServerState state({}, {{"front", "pattern", 80, &front}, {"back", "files:/x", 0, &back}}, 2,
                    WallTime());
  state.links[0]->stats.frames_sent.add(3);
  state.links[1]->stats.frames_sent.add(4);
  state.links[1]->stats.frame_age.record(5ms);
  front.stats().captured.add(7);
  const std::string page = all_metrics(state);
  EXPECT_NE(page.find("\nfanlight_frames_sent_total 7\n"), std::string::npos);
  EXPECT_NE(page.find("\nfanlight_captured_frames_total{camera=\"front\"} 7\n"), std::string::npos);
  EXPECT_NE(page.find("\nfanlight_captured_frames_total{camera=\"back\"} 0\n"), std::string::npos);
  EXPECT_NE(page.find("fanlight_frame_age_seconds_bucket{le=\"0.008192\"} 1\n"), std::string::npos);
  EXPECT_NE(page.find("fanlight_frame_age_seconds_bucket{le=\"+Inf\"} 1\n"), std::string::npos);
}

TEST(Metrics, TellTheCamerasDeviceAndSize) {
  FrameRing ring({});
  Waker waker;
  CameraPanel panel(waker);
  panel.describe("The \"HD\" \\ cam", "MJPEG", "");
  ring.stats().width.set(1280);
  ring.stats().idle.set(1);
  ring.watch();
  ServerState state({}, {{"a", "x", 80, &ring, &panel}}, 1, WallTime());
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
  ServerState state({}, {{"a", "x", 80, &ring}, {"b", "x", 80, &ring}}, 1, WallTime());
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
    EXPECT_TRUE(name.starts_with("fanlight_")) << line;
    ++samples;
  }
  EXPECT_GT(samples, 100u);
}

}  // namespace
}  // namespace fanlight
