// SPDX-License-Identifier: Apache-2.0
#include "http/answer/mjpg_streamer.h"

#include "http/protocol/json.h"
#include "http/protocol/request.h"

namespace fanlight {

Reply reply_mjpg_input(const Call& call) noexcept {
  const CaptureStats& stats = call.services.state.cameras[call.route.camera].ring->stats();
  const std::span<char> room = call.output.last(512);
  TextWriter text(room);
  JsonPosition position = JsonPosition::first;
  JsonWriter json(text, position);
  json.begin_object();
  json.key("controls").begin_array();
  json.end_array();
  json.key("formats").begin_array();
  json.begin_object();
  json.key("id").string("0");
  json.key("name").string("MJPEG");
  json.key("compressed").string("true");
  json.key("emulated").string("false");
  json.key("current").string("true");
  json.key("resolutions").begin_object();
  json.key("0").formatted("{}x{}", stats.width.value(), stats.height.value());
  json.end_object();
  json.key("currentResolution").string("0");
  json.end_object();
  json.end_array();
  json.end_object();
  text.raw("\n");
  return reply_text(call, "application/json", {room.data(), text.size()});
}

Reply reply_mjpg_output(const Call& call) noexcept {
  return reply_text(call, "application/json", "{\"controls\":[]}\n");
}

Reply reply_mjpg_command(const Call& call) noexcept {
  const bool is_take = query_value(call.request.query, "action").value.starts_with("take");
  return reply_error(call, 501,
                     is_take ? "saving files is not supported; use GET /snapshot"
                             : "change controls by PATCH /cameras/NAME/controls");
}

}  // namespace fanlight
