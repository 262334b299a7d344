// SPDX-License-Identifier: Apache-2.0
#include "http/cameras_page.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "http/camera_report.h"
#include "http/page.h"
#include "http/shard.h"

namespace fanlight {
namespace {

// Where the tiles go in cameras.html.
constexpr std::string_view kMark = "<!-- tiles -->\n";

void write_condition(Shard& shard, size_t camera, TextWriter& text) {
  const CaptureStats& stats = shard.state().cameras[camera].ring->stats();
  const CameraCondition condition = condition_of(shard, camera);
  if (condition.state == "live") {
    const double fps = measured_fps(stats, shard.now());
    text.add("{}×{} · ", stats.width.value(), stats.height.value());
    if (fps < 10) {
      text.add("{:.2g} fps", fps);
    } else {
      text.add("{:.0f} fps", fps);
    }
  } else if (condition.state == "idle") {
    text.add("asleep until somebody watches");
  } else if (condition.state == "lost") {
    text.add_html(condition.reason);
  } else {
    text.add("no picture yet");
  }
}

void write_tile(Shard& shard, size_t camera, TextWriter& text) {
  const Camera& shown = shard.state().cameras[camera];
  text.add("<li data-name=\"{0}\" data-state=\"{1}\"><a href=\"cameras/{0}\">", shown.name,
           condition_of(shard, camera).state);
  // For browsers without JavaScript only: six pictures at once would take all their connections.
  text.add("<noscript><img src=\"cameras/{0}/snapshot\" alt=\"picture of {0}\"></noscript></a>\n",
           shown.name);
  text.add("<h2>{}</h2><p>", shown.name);
  write_condition(shard, camera, text);
  text.add("</p>");
  std::array<char, CameraPanel::kTextBytesMax> room;
  const std::string_view device =
      shown.panel == nullptr ? std::string_view() : shown.panel->copy_device(room);
  if (!device.empty()) {
    text.add("<small>");
    text.add_html(device);
    text.add("</small>");
  }
  text.add("</li>\n");
}

}  // namespace

bool CamerasPage::write_step(Shard& shard, TextWriter& text) noexcept {
  const std::string_view page = shard.state().pages.all();
  const size_t mark = page.find(kMark);
  CHECK(mark != std::string_view::npos);
  if (sent_ == mark && tiles_ < shard.state().cameras.size()) {
    write_tile(shard, tiles_++, text);
    return true;
  }
  if (sent_ == mark) sent_ += kMark.size();
  const size_t end = sent_ < mark ? mark : page.size();
  const size_t bytes = std::min(end - sent_, text.room());
  text.add("{}", page.substr(sent_, bytes));
  sent_ += bytes;
  return sent_ < page.size();
}

}  // namespace fanlight
