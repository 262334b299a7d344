// SPDX-License-Identifier: Apache-2.0
#include "http/report/summary.h"

#include <algorithm>
#include <utility>

#include "http/delivery/shard_services.h"
#include "http/report/camera_report.h"
#include "http/report/figures.h"
#include "http/report/server_report.h"
#include "http/report/totals.h"

namespace fanlight {
namespace {

constexpr size_t kPollsPerSecondMax = 200;
constexpr size_t kPollSecondsMin = 2;
constexpr size_t kPollSecondsMax = 60;

void write_server(ShardServices& services, JsonWriter& json) {
  const ServerState& state = services.state;
  const uint64_t viewers = total(state, &ChannelStats::viewers);
  json.key("instance_id").formatted("{:x}", instance_id(state));
  json.key("version").string(state.config.version);
  json.key("viewers").number(viewers);
  json.key("max_viewers").number(state.admission.config().viewers_max);
  json.key("allow_control").boolean(state.config.allow_control);
  json.key("poll_seconds").number(poll_seconds(viewers));
  json.key("bytes_sent").number(total(state, &ShardStats::bytes_sent));
  json.key("uptime_seconds").number(uptime_seconds(services), 3);
}

// Seconds since the newest picture (not a slate) was taken; null before the first.
void write_newest_age(const CaptureStats& stats, Instant now, JsonWriter& json) {
  json.key("newest_age_seconds");
  const uint64_t pictured_at = stats.pictured_at_ns.value();
  if (pictured_at == 0) return json.null();
  json.number(std::max(0.0, to_seconds(now - Instant(Duration(pictured_at)))), 3);
}

void write_frame_age(const ServerState& state, size_t camera, JsonWriter& json) {
  double sum = 0;
  uint64_t count = 0;
  for (const auto& link : state.links) {
    sum += to_seconds(link->channels[camera].frame_age.sum());
    count += link->channels[camera].frame_age.count();
  }
  json.key("frame_age_sum_seconds").number(sum, 6);
  json.key("frame_age_count").number(count);
}

void write_camera(ShardServices& services, size_t index, JsonWriter& json) {
  const ServerState& state = services.state;
  const Camera& camera = state.cameras[index];
  const CaptureStats& stats = camera.ring->stats();
  const CameraCondition condition = condition_of(services, index);
  json.begin_object();
  json.key("name").string(state.names[index]);
  json.key("state").string(condition.state);
  json.key("reason").string(condition.reason);
  json.key("width").number(stats.width.value());
  json.key("height").number(stats.height.value());
  json.key("fps").number(measured_fps(stats, services.now()), 3);
  json.key("nominal_fps").number(nominal_fps(stats), 3);
  for (const ChannelCounter counter : {&ChannelStats::viewers, &ChannelStats::frames_sent,
                                       &ChannelStats::frames_skipped, &ChannelStats::bytes_sent}) {
    json.key(figure_of(kChannelFigures, counter).key).number(total(state, counter, index));
  }
  json.key("captured").number(stats.captured.value());
  json.key("dropped").number(stats.dropped());
  json.key("history_seconds").number(history_figures(camera).seconds, 3);
  write_newest_age(stats, services.now(), json);
  write_frame_age(state, index, json);
  json.end_object();
}

}  // namespace

unsigned poll_seconds(size_t viewers) noexcept {
  const size_t seconds = (viewers + kPollsPerSecondMax - 1) / kPollsPerSecondMax;
  return static_cast<unsigned>(std::clamp(seconds, kPollSecondsMin, kPollSecondsMax));
}

Body::State Summary::write_step(TextWriter& text) noexcept {
  JsonWriter json(text, position_);
  const ServerState& state = services_.state;
  if (!std::exchange(has_begun_, true)) {
    json.begin_object();
    write_server(services_, json);
    json.key("cameras").begin_array();
    camera_ = state.next_camera(0, rights_);
    return Body::State::more;
  }
  if (camera_ < state.cameras.size()) {
    write_camera(services_, camera_, json);
    camera_ = state.next_camera(camera_ + 1, rights_);
    return Body::State::more;
  }
  json.end_array();
  json.end_object();
  text.raw("\n");
  return Body::State::done;
}

}  // namespace fanlight
