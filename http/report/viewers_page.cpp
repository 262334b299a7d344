// SPDX-License-Identifier: Apache-2.0
#include "http/report/viewers_page.h"

#include "http/delivery/shard_services.h"
#include "http/delivery/viewer.h"
#include "http/report/totals.h"

namespace fanlight {
namespace {

// 0:07, 12:34, 1:02:03.
void write_duration(int64_t seconds, TextWriter& text) noexcept {
  if (seconds < 3600) return text.add("{}:{:02}", seconds / 60, seconds % 60);
  text.add("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// One viewer.
void write_viewer_line(const ViewerRow& row, TextWriter& text) noexcept {
  const Viewer& viewer = row.viewer;
  char room[kAddressTextMax];
  text.add("<tr><td>{0}<td><a href=\"cameras/{1}\">{1}</a><td>",
           format_address(row.session.client, room), viewer.channel().camera());
  write_duration(static_cast<int64_t>(to_seconds(row.services.now() - viewer.joined_at())), text);
  text.add("<td>{}<td>{:.1f}<td>{}<td>{:.1f}\n", viewer.frames_sent(),
           viewer.measured_fps(row.services.now()), viewer.frames_skipped(),
           static_cast<double>(row.session.bytes_sent) / 1e6);
}

// What follows the last one.
void write_end(const ServerState& state, TextWriter& text) {
  text.add("<tfoot>\n<tr><td colspan=\"7\">{} of at most {} viewers\n",
           total(state, &ChannelStats::viewers), state.admission.config().viewers_max);
  text.raw(state.list_pages.end());
}

}  // namespace

ViewersPage::ViewersPage(ShardServices& services, ViewerRows::Arrival arrival) noexcept
    : state_(services.state),
      beginning_left_(state_.list_pages.viewers()),
      rows_(services, &write_viewer_line, ViewerRows::kAllCameras, arrival) {}

Body::State ViewersPage::write_step(TextWriter& text) noexcept {
  if (!beginning_left_.empty()) {
    text.raw_part(beginning_left_);
    return Body::State::more;
  }
  if (const Body::State state = rows_.write_step(text); state != Body::State::done) return state;
  write_end(state_, text);
  return Body::State::done;
}

}  // namespace fanlight
