// SPDX-License-Identifier: Apache-2.0
#include "http/report/server_report.h"

#include <algorithm>

#include "http/delivery/shard_services.h"
#include "http/delivery/viewer.h"
#include "http/report/figures.h"
#include "http/report/totals.h"

namespace fanlight {
namespace {

// The values in force; null if no viewer is held back.
void write_egress(const Wire* wire, JsonWriter& json) {
  json.key("egress");
  if (wire == nullptr) return json.null();
  json.begin_object();
  json.key("bits_per_second").number(wire->bits_per_second());
  json.key("used_share").number(Wire::kShare, 2);
  json.key("origin").string(wire->config().origin);
  json.key("min_fps").number(wire->min_fps(), 3);
  json.key("usable_bytes_per_second").number(wire->usable());
  json.key("claimed_bytes_per_second").number(wire->claimed());
  json.key("waiting").number(wire->waiting_in_all());
  json.end_object();
}

void write_relief(const ReliefFigures& relief, JsonWriter& json) {
  json.key("relief").begin_object();
  json.key("level").number(relief.level.value());
  json.key("cpu_share").number(double(relief.cpu_permille.value()) / 1000, 3);
  json.key("too_hot").boolean(relief.is_hot.value() != 0);
  json.end_object();
}

double cap_of(const ViewerOptions& options) {
  return options.interval.count() > 0 ? 1 / to_seconds(options.interval) : 0;
}

}  // namespace

uint64_t instance_id(const ServerState& state) noexcept {
  return static_cast<uint64_t>(state.started.time_since_epoch().count());
}

double uptime_seconds(const ShardServices& services) noexcept {
  return std::max(0.0, to_seconds(services.wall_now() - services.state.started));
}

void write_server_members(ShardServices& services, bool whole, JsonWriter& json) noexcept {
  const ServerState& state = services.state;
  const AdmissionConfig& limits = state.admission.config();
  json.key("instance_id").formatted("{:x}", instance_id(state));
  json.key("view").string(whole ? "whole" : "viewer");
  json.key("version").string(state.config.version);
  json.key("backend").string(state.config.backend);
  json.key("uptime_seconds").number(uptime_seconds(services), 3);
  json.key("max_viewers").number(limits.viewers_max);
  json.key("viewer_count").number(total(state, &ChannelStats::viewers));
  json.key("bytes_sent").number(total(state, &ShardStats::bytes_sent));
  json.key("max_viewers_per_address").number(limits.viewers_per_address);
  json.key("max_connections").number(state.admission.connections_max());
  json.key("max_connections_per_address").number(limits.connections_per_address.value_or(0));
  json.key("viewer_stall_timeout_seconds")
      .number(to_seconds(state.live.viewer_stall_timeout.load()), 3);
  write_egress(state.wire.get(), json);
  write_relief(state.relief, json);
}

void write_shard_object(const ServerState& state, size_t index, JsonWriter& json) noexcept {
  const ShardLink& link = *state.links[index];
  const auto of_shard = [&](const auto& figures) {
    for (const auto& figure : figures) {
      json.key(figure.key).number((link.stats.*figure.counter).value());
    }
  };
  const auto of_its_cameras = [&](ChannelCounter counter) {
    json.key(figure_of(kChannelFigures, counter).key).number(total(link, counter));
  };
  json.begin_object();
  json.key("index").number(index);
  of_shard(kConnectionFigures);
  of_its_cameras(&ChannelStats::viewers);
  of_shard(kRequestFigures);
  of_its_cameras(&ChannelStats::frames_sent);
  of_its_cameras(&ChannelStats::frames_repeated);
  of_its_cameras(&ChannelStats::frames_skipped);
  of_shard(kSendFigures);
  json.end_object();
}

namespace {

// The only other framing is for ustreamer's fields, in parts of a multipart stream.
bool is_web_socket(const ViewerRow& row) {
  return row.viewer.options().framing != nullptr && row.session.framing == nullptr;
}

// All but the end of the object.
void write_viewer_members(const ViewerRow& row, JsonWriter& json) {
  const Viewer& viewer = row.viewer;
  const ViewerOptions& options = viewer.options();
  const ShardServices& services = row.services;
  json.begin_object();
  json.key("id").number(row.session.connection_id);
  json.key("shard").number(services.index);
  json.key("camera").string(viewer.channel().camera());
  json.key("transport").string(is_web_socket(row) ? "websocket" : "multipart");
  json.key("seconds").number(to_seconds(services.now() - viewer.joined_at()), 3);
  json.key("frames").number(viewer.frames_sent());
  json.key("bytes").number(row.session.bytes_sent);
  json.key("fps").number(viewer.measured_fps(services.now()), 3);
  json.key("skipped").number(viewer.frames_skipped());
  json.key("step").number(viewer.step());
  json.key("rung").number(viewer.channel().rung());
  json.key("paced").boolean(options.paced);
  json.key("fps_cap").number(cap_of(options), 3);
  json.key("advance_headers").boolean(options.advance_headers);
}

}  // namespace

void write_viewer_object(const ViewerRow& row, TextWriter& text) noexcept {
  JsonWriter json(text, row.position);
  write_viewer_members(row, json);
  json.end_object();
}

void write_viewer_object_with_address(const ViewerRow& row, TextWriter& text) noexcept {
  JsonWriter json(text, row.position);
  write_viewer_members(row, json);
  char room[kAddressTextMax];
  json.key("address").string(format_address(row.session.client, room));
  json.end_object();
}

}  // namespace fanlight
