// SPDX-License-Identifier: Apache-2.0
#include "http/viewers_page.h"

#include "http/shard.h"
#include "http/totals.h"

namespace fanlight {

void write_viewer_line(const ViewerRow& row, TextWriter& text) noexcept {
  const Viewer& viewer = row.viewer;
  char room[kAddressTextMax];
  text.add("<tr><td>{}<td>{}<td>{:.0f}<td>{}<td>{:.1f}<td>{}<td>{:.1f}\n",
           format_address(row.connection.client(), room),
           row.shard.state().cameras[row.shard.camera_of(viewer.channel())].name,
           to_seconds(row.shard.now() - viewer.joined_at()), viewer.frames_sent(),
           viewer.measured_fps(row.shard.now()), viewer.frames_skipped(),
           static_cast<double>(row.connection.bytes_sent()) / 1e6);
}

void write_viewers_end(const ServerState& state, TextWriter& text) noexcept {
  text.add("<tfoot>\n<tr><td colspan=\"7\">{} of at most {}\n</table>\n",
           total(state, &ChannelStats::viewers), state.admission.config().viewers_max);
}

}  // namespace fanlight
