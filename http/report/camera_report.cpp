// SPDX-License-Identifier: Apache-2.0
#include "http/report/camera_report.h"

#include <array>

#include "core/history/frame_history.h"
#include "core/rate_meter.h"
#include "http/delivery/shard_services.h"
#include "http/report/figures.h"
#include "http/report/totals.h"

namespace fanlight {
namespace {

// What all shards have sent of this camera.
void write_sent(const ServerState& state, size_t index, JsonWriter& json) {
  for (const auto& figure : kChannelFigures) {
    if (figure.counter == nullptr) continue;
    json.key(figure.key).number(total(state, figure.counter, index));
  }
}

void write_figures(const Camera& camera, std::string_view name, const CameraCondition& condition,
                   Instant now, bool whole, JsonWriter& json) {
  const FrameRing& ring = *camera.ring;
  const CaptureStats& stats = ring.stats();
  json.begin_object();
  json.key("name").string(name);
  json.key("source").string(whole ? camera.source : camera.kind());
  json.key("state").string(condition.state);
  json.key("reason").string(condition.reason);
  json.key("online").boolean(stats.online.value() != 0);
  json.key("idle").boolean(ring.activity() == CaptureActivity::idle);
  json.key("width").number(stats.width.value());
  json.key("height").number(stats.height.value());
  json.key("quality").number(stats.quality.value());
  json.key("fps").number(measured_fps(stats, now), 3);
  json.key("nominal_fps").number(nominal_fps(stats), 3);
  json.key("watchers").number(ring.watchers());
  for (const auto& figure : kCaptureFigures) {
    if (figure.counter == nullptr) continue;
    json.key(figure.key).number((stats.*figure.counter).value());
  }
  json.key("places").number(ring.places());
  json.key("places_held").number(ring.pinned_places());
  json.key("frame_memory_bytes").number(ring.touched_bytes());
  json.key("frame_memory_limit_bytes").number(ring.memory_limit());
  const HistoryFigures history = history_figures(camera);
  json.key("history_seconds").number(history.seconds, 3);
  json.key("history_frames").number(history.frames);
  json.key("history_bytes").number(history.bytes);
  json.key("history_limit_bytes").number(history.limit_bytes);
  json.key("history_skipped").number(history.skipped);
  json.key("stream").formatted("/cameras/{}/stream", name);
  json.key("snapshot").formatted("/cameras/{}/snapshot", name);
}

// Rung 0 is the camera's own.
void write_rungs(const ServerState& state, size_t index, JsonWriter& json) {
  const Camera& camera = state.cameras[index];
  json.key("rungs").begin_array();
  for (size_t rung = 0; rung < camera.rungs(); ++rung) {
    const FrameRing& ring = camera.rung(rung);
    const CaptureStats& stats = ring.stats();
    json.begin_object();
    json.key("rung").number(rung);
    json.key("width").number(stats.width.value());
    json.key("height").number(stats.height.value());
    json.key("quality").number(stats.quality.value());
    json.key("viewers").number(rung_viewers(state, index, rung));
    json.key("withheld").boolean(ring.is_withheld());
    json.key("encoded").number(stats.encoded.value());
    json.key("encode_seconds").number(to_seconds(stats.encode_time.sum()), 6);
    json.key("dropped").number(stats.dropped());
    json.key("frame_memory_bytes").number(ring.touched_bytes());
    json.end_object();
  }
  json.end_array();
}

void write_description(const Camera& camera, bool whole, JsonWriter& json) {
  std::array<char, CameraPanel::kTextBytesMax> line;
  std::array<char, CameraPanel::kViaBytesMax> chain;
  const CameraPanel* panel = camera.panel;
  const bool is_known = panel != nullptr;
  json.key("device").string(is_known && whole ? panel->copy_device(line)
                                              : device_for_all(camera, line));
  json.key("format").string(is_known ? panel->copy_format(line) : std::string_view());
  json.key("via").string(is_known ? panel->copy_via(chain) : std::string_view(), chain.size());
}

}  // namespace

HistoryFigures history_figures(const Camera& camera) noexcept {
  if (camera.history == nullptr) return {};
  const FrameHistory& history = *camera.history;
  return {.seconds = to_seconds(history.held_length()),
          .frames = history.frames(),
          .bytes = history.held_bytes(),
          .limit_bytes = history.memory_max(),
          .skipped = history.skipped()};
}

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

std::string_view device_for_all(const Camera& camera,
                                std::array<char, CameraPanel::kTextBytesMax>& room) noexcept {
  if (camera.panel == nullptr || camera.is_elsewhere) return {};
  return camera.panel->copy_device(room);
}

bool CameraReports::write_step(JsonWriter& json) noexcept {
  const ServerState& state = services_.state;
  if (camera_ >= state.cameras.size()) return false;  // there are none
  const Camera& camera = state.cameras[camera_];
  switch (step_) {
    case Step::figures:
      write_figures(camera, state.names[camera_], condition_of(services_, camera_), services_.now(),
                    whole_, json);
      write_sent(state, camera_, json);
      step_ = Step::rungs;
      return true;
    case Step::rungs:
      write_rungs(state, camera_, json);
      step_ = Step::description;
      return true;
    case Step::description:
      write_description(camera, whole_, json);
      controls_.begin(camera.panel, json);
      step_ = Step::controls;
      return true;
    case Step::controls:
      break;
  }
  if (controls_.write_step(json)) return true;
  json.end_object();
  step_ = Step::figures;
  camera_ = state.next_camera(camera_ + 1, rights_);
  return camera_ < state.cameras.size();
}

}  // namespace fanlight
