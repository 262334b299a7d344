// SPDX-License-Identifier: Apache-2.0
#include "http/answer/mjpg_streamer.h"

#include "http/protocol/request.h"
#include "http/protocol/text.h"

namespace fanlight {

Reply reply_mjpg_input(const Call& call) noexcept {
  const CaptureStats& stats = call.services.state.cameras[call.route.camera].ring->stats();
  const std::span<char> room = call.output.last(512);
  TextWriter text(room);
  text.add(R"({{"controls":[],"formats":[{{"id":"0","name":"MJPEG","compressed":"true",)");
  text.add(R"("emulated":"false","current":"true","resolutions":{{"0":"{}x{}"}},)",
           stats.width.value(), stats.height.value());
  text.add(R"("currentResolution":"0"}}]}})");
  text.add("\n");
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
