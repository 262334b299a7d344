// SPDX-License-Identifier: Apache-2.0
#include "http/report/server_report.h"

#include <algorithm>

#include "http/delivery/shard_services.h"
#include "http/report/figures.h"
#include "http/report/totals.h"

namespace fanlight {
namespace {

// The values in force; null if no viewer is held back.
void write_egress(TextWriter& text, const Wire* wire) {
  if (wire == nullptr) return text.add(R"("egress":null,)");
  text.add(R"("egress":{{"bits_per_second":{},"used_share":{},"origin":"{}","min_fps":{:.3f},)",
           wire->bits_per_second(), Wire::kShare, wire->config().origin, wire->min_fps());
  text.add(R"("usable_bytes_per_second":{},"claimed_bytes_per_second":{},"waiting":{}}},)",
           wire->usable(), wire->claimed(), wire->waiting_in_all());
}

double cap_of(const ViewerOptions& options) {
  return options.interval.count() > 0 ? 1 / to_seconds(options.interval) : 0;
}

}  // namespace

uint64_t instance_id(const ServerState& state) noexcept {
  return static_cast<uint64_t>(state.started.time_since_epoch().count());
}

void write_server_members(ShardServices& services, TextWriter& text) noexcept {
  const ServerState& state = services.state;
  const Duration uptime = services.wall_now() - state.started;
  text.add(R"("instance_id":"{:x}","version":"{}","backend":"{}","uptime_seconds":{:.3f},)",
           instance_id(state), state.config.version, state.config.backend,
           std::max(0.0, to_seconds(uptime)));
  text.add(R"("max_viewers":{},"viewer_count":{},"bytes_sent":{},)",
           state.admission.config().viewers_max, total(state, &ChannelStats::viewers),
           total(state, &ShardStats::bytes_sent));
  text.add(R"("max_viewers_per_address":{},"viewer_stall_timeout_seconds":{:.3f},)",
           state.admission.config().viewers_per_address,
           to_seconds(state.live.viewer_stall_timeout.load()));
  write_egress(text, state.wire.get());
}

void write_shard_object(const ServerState& state, size_t index, TextWriter& text) noexcept {
  const ShardLink& link = *state.links[index];
  const auto of_shard = [&](const auto& figures) {
    for (const auto& figure : figures) {
      text.add(R"(,"{}":{})", figure.key, (link.stats.*figure.counter).value());
    }
  };
  const auto of_its_cameras = [&](ChannelCounter counter) {
    text.add(R"(,"{}":{})", figure_of(kChannelFigures, counter).key, total(link, counter));
  };
  text.add(R"({{"index":{})", index);
  of_shard(kConnectionFigures);
  of_its_cameras(&ChannelStats::viewers);
  of_shard(kRequestFigures);
  of_its_cameras(&ChannelStats::frames_sent);
  of_its_cameras(&ChannelStats::frames_repeated);
  of_its_cameras(&ChannelStats::frames_skipped);
  of_shard(kSendFigures);
  text.add("}}");
}

namespace {

// The only other framing is for ustreamer's fields, in parts of a multipart stream.
bool is_web_socket(const ViewerRow& row) {
  return row.viewer.options().framing != nullptr && row.session.framing == nullptr;
}

// Everything but the closing brace.
void write_viewer_members(const ViewerRow& row, TextWriter& text) {
  const Viewer& viewer = row.viewer;
  const ViewerOptions& options = viewer.options();
  text.add(R"({}{{"id":{},"shard":{},"camera":"{}","transport":"{}","seconds":{:.3f},)",
           row.is_first ? "" : ",", row.session.connection_id, row.services.index,
           row.services.state.cameras[row.services.camera_of(viewer.channel())].name,
           is_web_socket(row) ? "websocket" : "multipart",
           to_seconds(row.services.now() - viewer.joined_at()));
  text.add(R"("frames":{},"bytes":{},"fps":{:.3f},"skipped":{},"step":{},"paced":{},)",
           viewer.frames_sent(), row.session.bytes_sent, viewer.measured_fps(row.services.now()),
           viewer.frames_skipped(), viewer.step(), options.paced);
  text.add(R"("fps_cap":{:.3f},"advance_headers":{})", cap_of(options), options.advance_headers);
}

}  // namespace

void write_viewer_object(const ViewerRow& row, TextWriter& text) noexcept {
  write_viewer_members(row, text);
  text.raw("}");
}

void write_viewer_object_with_address(const ViewerRow& row, TextWriter& text) noexcept {
  write_viewer_members(row, text);
  char room[kAddressTextMax];
  text.add(R"(,"address":"{}"}})", format_address(row.session.client, room));
}

}  // namespace fanlight
