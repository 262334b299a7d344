// SPDX-License-Identifier: Apache-2.0
#include "http/report/camera_report.h"

#include <algorithm>

#include "core/rate_meter.h"
#include "http/delivery/shard_services.h"
#include "http/report/figures.h"
#include "http/report/totals.h"

namespace fanlight {
namespace {

// Room after the controls for the end of this object and what the report adds.
constexpr size_t kEndBytesMax = 32;

// What all shards have sent of this camera.
void write_sent(const ServerState& state, size_t index, TextWriter& text) {
  for (const auto& figure : kChannelFigures) {
    if (figure.counter == nullptr) continue;
    text.add(R"("{}":{},)", figure.key, total(state, figure.counter, index));
  }
}

void write_figures(const Camera& camera, const CameraCondition& condition, Instant now,
                   TextWriter& text) {
  const CaptureStats& stats = camera.ring->stats();
  text.add(R"({{"name":"{}","source":")", camera.name);
  text.add_json(camera.source);
  text.add(R"(","state":"{}","reason":")", condition.state);
  text.add_json(condition.reason);
  text.add(R"(","online":{},"idle":{},"width":{},"height":{},"quality":{},)",
           stats.online.value() != 0, camera.ring->activity() == CaptureActivity::idle,
           stats.width.value(), stats.height.value(), stats.quality.value());
  text.add(R"("fps":{:.3f},"nominal_fps":{:.3f},"watchers":{},)", measured_fps(stats, now),
           nominal_fps(stats), camera.ring->watchers());
  for (const auto& figure : kCaptureFigures) {
    if (figure.counter == nullptr) continue;
    text.add(R"("{}":{},)", figure.key, (stats.*figure.counter).value());
  }
  text.add(R"("places":{},"places_held":{},)", camera.ring->places(), camera.ring->pinned_places());
  text.add(R"("frame_memory_bytes":{},"frame_memory_limit_bytes":{},)",
           camera.ring->touched_bytes(), camera.ring->memory_limit());
  text.add(R"("stream":"/cameras/{0}/stream","snapshot":"/cameras/{0}/snapshot",)", camera.name);
}

void write_description(const CameraPanel* panel, TextWriter& text) {
  std::array<char, CameraPanel::kTextBytesMax> line;
  std::array<char, CameraPanel::kViaBytesMax> chain;
  text.add(R"("device":")");
  if (panel != nullptr) text.add_json(panel->copy_device(line));
  text.add(R"(","format":")");
  if (panel != nullptr) text.add_json(panel->copy_format(line));
  text.add(R"(","via":")");
  if (panel != nullptr) text.add_json(panel->copy_via(chain), chain.size());
  text.add(R"(",)");
}

}  // namespace

double measured_fps(const CaptureStats& stats, Instant now) noexcept {
  if (stats.online.value() == 0) return 0;
  const uint64_t captured_at = stats.captured_at_ns.value();
  const Duration silence = captured_at == 0 ? Duration() : now - Instant(Duration(captured_at));
  return pictures_per_second(Duration(stats.measured_interval_ns.value()), silence);
}

double nominal_fps(const CaptureStats& stats) noexcept {
  const auto interval = double(stats.interval_ns.value());
  return interval > 0 ? 1e9 / interval : 0;
}

CameraCondition condition_of(ShardServices& services, size_t camera) noexcept {
  const Channel& channel = services.channel(camera);
  const Frame* newest = channel.newest();
  if (channel.is_idle()) return {"idle", {}};
  if (newest == nullptr) return {"starting", {}};
  if (newest->info().is_slate()) return {"lost", newest->info().slate_reason.view()};
  return {"live", {}};
}

std::string_view said_of_camera(std::string_view reason) noexcept {
  constexpr std::string_view kSubject = "camera ";
  if (reason.starts_with(kSubject)) reason.remove_prefix(kSubject.size());
  return reason;
}

bool CameraReport::write_step(ShardServices& services, size_t camera, TextWriter& text) noexcept {
  const Camera& described = services.state.cameras[camera];
  switch (step_) {
    case Step::figures:
      write_figures(described, condition_of(services, camera), services.now(), text);
      write_sent(services.state, camera, text);
      step_ = Step::description;
      return true;
    case Step::description:
      write_description(described.panel, text);
      begin_controls(described.panel, text);
      return true;
    case Step::controls:
      break;
  }
  return continue_controls(text);
}

bool CameraReport::write_controls_step(ShardServices& services, size_t camera,
                                       TextWriter& text) noexcept {
  if (step_ == Step::controls) return continue_controls(text);
  text.add("{{");
  begin_controls(services.state.cameras[camera].panel, text);
  return true;
}

void CameraReport::begin_controls(const CameraPanel* panel, TextWriter& text) noexcept {
  text.add(R"("controls":[)");
  controls_left_ = panel == nullptr ? std::string_view() : panel->copy_controls(controls_);
  step_ = Step::controls;
}

bool CameraReport::continue_controls(TextWriter& text) noexcept {
  const size_t bytes = std::min(controls_left_.size(), text.room() - kEndBytesMax);
  text.add("{}", controls_left_.substr(0, bytes));
  controls_left_.remove_prefix(bytes);
  if (!controls_left_.empty()) return true;
  text.add("]}}");
  step_ = Step::figures;
  return false;
}

}  // namespace fanlight
