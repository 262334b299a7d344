// SPDX-License-Identifier: Apache-2.0
#include "http/report/ustreamer_state.h"

#include "http/delivery/shard_services.h"
#include "http/delivery/ustreamer_framing.h"
#include "http/delivery/viewer.h"
#include "http/report/camera_report.h"
#include "http/report/server_report.h"
#include "http/report/totals.h"

namespace fanlight {

void write_ustreamer_state(ShardServices& services, size_t camera, TextWriter& text) noexcept {
  const ServerState& state = services.state;
  const CaptureStats& stats = state.cameras[camera].ring->stats();
  const double fps = measured_fps(stats, services.now());
  text.add(R"({{"ok":true,"result":{{"instance_id":"{:x}",)", instance_id(state));
  text.add(R"("encoder":{{"type":"CPU","quality":{}}},)", stats.quality.value());
  text.add(R"("source":{{"resolution":{{"width":{},"height":{}}},"online":{},)",
           stats.width.value(), stats.height.value(), stats.online.value() != 0);
  text.add(R"("desired_fps":{:.0f},"captured_fps":{:.0f}}},)", nominal_fps(stats), fps);
  text.add(R"("stream":{{"queued_fps":{:.0f},"clients":{},"clients_stat":{{)", fps,
           total(state, &ChannelStats::viewers, camera));
}

void write_ustreamer_client(const ViewerRow& row, TextWriter& text) noexcept {
  const UstreamerFraming* framing = row.session.framing;
  const ViewerOptions& options = row.viewer.options();
  text.add(R"({}"{:016x}":{{"fps":{:.0f},"extra_headers":{},"advance_headers":{},)",
           row.is_first ? "" : ",", row.session.connection_id,
           row.viewer.measured_fps(row.services.now()),
           framing != nullptr && framing->extra_headers(), options.advance_headers);
  text.add(R"("dual_final_frames":{},"zero_data":{},"key":"{}"}})", options.dual_final_frames,
           framing != nullptr && framing->zero_data(),
           framing == nullptr || framing->key().empty() ? "0" : framing->key());
}

}  // namespace fanlight
