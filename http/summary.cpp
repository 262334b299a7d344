// SPDX-License-Identifier: Apache-2.0
#include "http/summary.h"

#include <algorithm>

#include "http/camera_report.h"
#include "http/server_report.h"
#include "http/shard.h"
#include "http/totals.h"

namespace fanlight {
namespace {

// For the head of the answer; the object has the rest of the output.
constexpr size_t kHeadBytesMax = 1024;

constexpr size_t kPollsPerSecondMax = 200;
constexpr size_t kPollSecondsMin = 2;
constexpr size_t kPollSecondsMax = 60;

void write_server(Shard& shard, TextWriter& text) {
  const ServerState& state = shard.state();
  const uint64_t viewers = total(state, &ChannelStats::viewers);
  text.add(R"({{"instance_id":"{:x}","version":"{}","viewers":{},"max_viewers":{},)",
           instance_id(state), state.config.version, viewers, state.admission.config().viewers_max);
  text.add(R"("allow_control":{},"poll_seconds":{},)", state.config.allow_control,
           poll_seconds(viewers));
  text.add(R"("bytes_sent":{},"uptime_seconds":{:.3f},"cameras":[)",
           total(state, &ShardStats::bytes_sent),
           std::max(0.0, to_seconds(shard.wall_now() - state.started)));
}

// Seconds since the newest picture was taken, which is no slate; null before the first.
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

void write_camera(Shard& shard, size_t index, TextWriter& text) {
  const ServerState& state = shard.state();
  const Camera& camera = state.cameras[index];
  const CaptureStats& stats = camera.ring->stats();
  const CameraCondition condition = condition_of(shard, index);
  text.add(R"({}{{"name":"{}","state":"{}","reason":")", index == 0 ? "" : ",", camera.name,
           condition.state);
  text.add_json(condition.reason);
  text.add(R"(","width":{},"height":{},"fps":{:.3f},"nominal_fps":{:.3f},)", stats.width.value(),
           stats.height.value(), measured_fps(stats, shard.now()), nominal_fps(stats));
  text.add(R"("viewers":{},"frames_sent":{},"frames_skipped":{},"bytes_sent":{},)",
           total(state, &ChannelStats::viewers, index),
           total(state, &ChannelStats::frames_sent, index),
           total(state, &ChannelStats::frames_skipped, index),
           total(state, &ChannelStats::bytes_sent, index));
  text.add(R"("captured":{},"dropped":{},)", stats.captured.value(),
           stats.dropped_no_place.value() + stats.dropped_bad.value());
  write_newest_age(stats, shard.now(), text);
  write_frame_age(state, index, text);
}

}  // namespace

unsigned poll_seconds(size_t viewers) noexcept {
  const size_t seconds = (viewers + kPollsPerSecondMax - 1) / kPollsPerSecondMax;
  return static_cast<unsigned>(std::clamp(seconds, kPollSecondsMin, kPollSecondsMax));
}

bool write_summary_step(Shard& shard, size_t step, TextWriter& text) noexcept {
  if (step == 0) {
    write_server(shard, text);
    return true;
  }
  write_camera(shard, step - 1, text);
  if (step < shard.state().cameras.size()) return true;
  text.add("]}}\n");
  return false;
}

Answer reply_summary(const Call& call) noexcept {
  const std::span<char> room = call.output.subspan(kHeadBytesMax);
  TextWriter text(room);
  bool more = true;
  for (size_t step = 0; more && text.room() >= kSummaryStepMax; ++step) {
    more = write_summary_step(call.shard, step, text);
  }
  if (more) return reply_report(call, Report::summary, "application/json", 0);
  ResponseHead head(call.output.first(kHeadBytesMax), 200, call.context(call.request.keep_alive));
  head.field("Content-Type: application/json").field("Content-Length: {}", text.size());
  head.field("Cache-Control: no-cache");
  return reply(call, head, {room.data(), text.size()});
}

}  // namespace fanlight
