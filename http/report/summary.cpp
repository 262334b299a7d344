// SPDX-License-Identifier: Apache-2.0
#include "http/report/summary.h"

#include <algorithm>

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

void write_server(ShardServices& services, TextWriter& text) {
  const ServerState& state = services.state;
  const uint64_t viewers = total(state, &ChannelStats::viewers);
  text.add(R"({{"instance_id":"{:x}","version":"{}","viewers":{},"max_viewers":{},)",
           instance_id(state), state.config.version, viewers, state.admission.config().viewers_max);
  text.add(R"("allow_control":{},"poll_seconds":{},)", state.config.allow_control,
           poll_seconds(viewers));
  text.add(R"("bytes_sent":{},"uptime_seconds":{:.3f},"cameras":[)",
           total(state, &ShardStats::bytes_sent),
           std::max(0.0, to_seconds(services.wall_now() - state.started)));
}

// Seconds since the newest picture (not a slate) was taken; null before the first.
void write_newest_age(const CaptureStats& stats, Instant now, TextWriter& text) {
  const uint64_t pictured_at = stats.pictured_at_ns.value();
  if (pictured_at == 0) return text.add(R"("newest_age_seconds":null,)");
  text.add(R"("newest_age_seconds":{:.3f},)",
           std::max(0.0, to_seconds(now - Instant(Duration(pictured_at)))));
}

void write_frame_age(const ServerState& state, size_t camera, TextWriter& text) {
  double sum = 0;
  uint64_t count = 0;
  for (const auto& link : state.links) {
    sum += to_seconds(link->channels[camera].frame_age.sum());
    count += link->channels[camera].frame_age.count();
  }
  text.add(R"("frame_age_sum_seconds":{:.6f},"frame_age_count":{}}})", sum, count);
}

void write_camera(ShardServices& services, size_t index, TextWriter& text) {
  const ServerState& state = services.state;
  const Camera& camera = state.cameras[index];
  const CaptureStats& stats = camera.ring->stats();
  const CameraCondition condition = condition_of(services, index);
  text.add(R"({}{{"name":"{}","state":"{}","reason":")", index == 0 ? "" : ",", camera.name,
           condition.state);
  text.add_json(condition.reason);
  text.add(R"(","width":{},"height":{},"fps":{:.3f},"nominal_fps":{:.3f},)", stats.width.value(),
           stats.height.value(), measured_fps(stats, services.now()), nominal_fps(stats));
  for (const ChannelCounter counter : {&ChannelStats::viewers, &ChannelStats::frames_sent,
                                       &ChannelStats::frames_skipped, &ChannelStats::bytes_sent}) {
    text.add(R"("{}":{},)", figure_of(kChannelFigures, counter).key, total(state, counter, index));
  }
  text.add(R"("captured":{},"dropped":{},)", stats.captured.value(), stats.dropped());
  write_newest_age(stats, services.now(), text);
  write_frame_age(state, index, text);
}

}  // namespace

unsigned poll_seconds(size_t viewers) noexcept {
  const size_t seconds = (viewers + kPollsPerSecondMax - 1) / kPollsPerSecondMax;
  return static_cast<unsigned>(std::clamp(seconds, kPollSecondsMin, kPollSecondsMax));
}

bool write_summary_step(ShardServices& services, size_t step, TextWriter& text) noexcept {
  if (step == 0) {
    write_server(services, text);
    return true;
  }
  write_camera(services, step - 1, text);
  if (step < services.state.cameras.size()) return true;
  text.add("]}}\n");
  return false;
}

}  // namespace fanlight
