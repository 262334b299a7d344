// SPDX-License-Identifier: Apache-2.0
#include "http/report/cameras_page.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "http/delivery/shard_services.h"
#include "http/page/page.h"
#include "http/report/camera_report.h"

namespace fanlight {
namespace {

// The place of the tiles in cameras.html.
constexpr std::string_view kMark = "<!-- tiles -->\n";

void write_reason(std::string_view reason, TextWriter& text) {
  const std::string_view said = said_of_camera(reason);
  text.raw(said == reason ? "Camera lost: " : "Camera ");
  text.add_html(said);
}

void write_live(const CaptureStats& stats, Instant now, TextWriter& text) {
  text.add("{}×{}", stats.width.value(), stats.height.value());
  const double fps = measured_fps(stats, now);
  if (fps >= 10) {
    text.add(" · {:.0f} fps", fps);
  } else if (fps > 0) {
    text.add(" · {:.2g} fps", fps);
  }
}

void write_condition(ShardServices& services, size_t camera, TextWriter& text) {
  const CameraCondition condition = condition_of(services, camera);
  if (condition.state == "live") {
    write_live(services.state.cameras[camera].ring->stats(), services.now(), text);
  } else if (condition.state == "idle") {
    text.add("idle until someone watches");
  } else if (condition.state == "lost") {
    write_reason(condition.reason, text);
  } else {
    text.add("no picture yet");
  }
}

// With the picture's shape, so that its place is reserved until it arrives.
void write_picture(const Camera& camera, std::string_view name, TextWriter& text) {
  const CaptureStats& stats = camera.ring->stats();
  const bool is_known = stats.width.value() > 0 && stats.height.value() > 0;
  const uint64_t width = is_known ? stats.width.value() : 16;
  const uint64_t height = is_known ? stats.height.value() : 9;
  // Only for browsers without JavaScript: six pictures at a time would use all connections.
  text.add(
      "<noscript><img src=\"cameras/{0}/snapshot\" width=\"{1}\" height=\"{2}\" "
      "alt=\"picture of {0}\"></noscript>",
      name, width, height);
  text.add(
      "<canvas class=\"blank scripted\" width=\"{}\" height=\"{}\" role=\"img\" "
      "aria-label=\"picture of {}\"></canvas>",
      width, height, name);
}

void write_tile(ShardServices& services, size_t camera, TextWriter& text) {
  const Camera& shown = services.state.cameras[camera];
  const std::string_view state = condition_of(services, camera).state;
  const std::string_view name = services.state.names[camera];
  text.add("<li data-name=\"{}\"><div class=\"shot\">", name);
  write_picture(shown, name, text);
  text.add("<p class=\"over\" aria-hidden=\"true\" hidden></p></div>\n");
  text.add("<h2><a href=\"cameras/{0}\">{0}</a></h2><p class=\"state\" data-state=\"{1}\">", name,
           state);
  write_condition(services, camera, text);
  text.add("</p>");
  std::array<char, CameraPanel::kTextBytesMax> room;
  const std::string_view device = device_for_all(shown, room);
  if (!device.empty()) {
    text.add("<small>");
    text.add_html(device);
    text.add("</small>");
  }
  text.add("</li>\n");
}

}  // namespace

Body::State CamerasPage::write_step(TextWriter& text) noexcept {
  const std::string_view page = services_.state.pages.all();
  const size_t mark = page.find(kMark);
  CHECK(mark != std::string_view::npos);
  camera_ = services_.state.next_camera(camera_, rights_);
  if (sent_ == mark && camera_ < services_.state.cameras.size()) {
    write_tile(services_, camera_++, text);
    return Body::State::more;
  }
  if (sent_ == mark) sent_ += kMark.size();
  const size_t end = sent_ < mark ? mark : page.size();
  const size_t bytes = std::min(end - sent_, text.room());
  text.raw(page.substr(sent_, bytes));
  sent_ += bytes;
  return sent_ < page.size() ? Body::State::more : Body::State::done;
}

}  // namespace fanlight
