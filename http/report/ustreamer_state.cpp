// SPDX-License-Identifier: Apache-2.0
#include "http/report/ustreamer_state.h"

#include <array>
#include <utility>

#include "http/delivery/shard_services.h"
#include "http/delivery/ustreamer_framing.h"
#include "http/delivery/viewer.h"
#include "http/report/camera_report.h"
#include "http/report/server_report.h"
#include "http/report/totals.h"

namespace fanlight {
namespace {

// One client of "clients_stat".
void write_ustreamer_client(const ViewerRow& row, TextWriter& text) noexcept {
  const UstreamerFraming* framing = row.session.framing;
  const ViewerOptions& options = row.viewer.options();
  std::array<char, 16> digits;
  TextWriter id(digits);
  id.add("{:016x}", row.session.connection_id);
  JsonWriter json(text, row.position);
  json.key(id.view()).begin_object();
  json.key("fps").number(row.viewer.measured_fps(row.services.now()), 0);
  json.key("extra_headers").boolean(framing != nullptr && framing->extra_headers());
  json.key("advance_headers").boolean(options.advance_headers);
  json.key("dual_final_frames").boolean(options.dual_final_frames);
  json.key("zero_data").boolean(framing != nullptr && framing->zero_data());
  json.key("key").string(framing == nullptr || framing->key().empty() ? "0" : framing->key());
  json.end_object();
}

}  // namespace

UstreamerState::UstreamerState(ShardServices& services, ViewerRows::Arrival arrival,
                               size_t camera) noexcept
    : services_(services),
      camera_(camera),
      rows_(services, &write_ustreamer_client, camera, arrival) {}

Body::State UstreamerState::write_step(TextWriter& text) noexcept {
  JsonWriter json(text, position_);
  if (!std::exchange(has_begun_, true)) {
    write_beginning(json);
    return Body::State::more;
  }
  if (const Body::State state = rows_.write_step(text); state != Body::State::done) return state;
  json.end_object();  // clients_stat
  json.end_object();  // stream
  json.end_object();  // result
  json.end_object();
  text.raw("\n");
  return Body::State::done;
}

void UstreamerState::write_beginning(JsonWriter& json) noexcept {
  const ServerState& state = services_.state;
  const CaptureStats& stats = state.cameras[camera_].ring->stats();
  const double fps = measured_fps(stats, services_.now());
  json.begin_object();
  json.key("ok").boolean(true);
  json.key("result").begin_object();
  json.key("instance_id").formatted("{:x}", instance_id(state));
  json.key("encoder").begin_object();
  json.key("type").string("CPU");
  json.key("quality").number(stats.quality.value());
  json.end_object();
  json.key("source").begin_object();
  json.key("resolution").begin_object();
  json.key("width").number(stats.width.value());
  json.key("height").number(stats.height.value());
  json.end_object();
  json.key("online").boolean(stats.online.value() != 0);
  json.key("desired_fps").number(nominal_fps(stats), 0);
  json.key("captured_fps").number(fps, 0);
  json.end_object();
  json.key("stream").begin_object();
  json.key("queued_fps").number(fps, 0);
  json.key("clients").number(total(state, &ChannelStats::viewers, camera_));
  json.key("clients_stat").begin_object();
}

}  // namespace fanlight
