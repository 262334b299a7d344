// SPDX-License-Identifier: Apache-2.0
#include "http/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "http/metrics.h"
#include "http/shard.h"
#include "http/text.h"

namespace fanlight {
namespace {

// What is in force; null when nobody is held back.
void write_egress(TextWriter& text, const Wire* wire) {
  if (wire == nullptr) return text.add(R"("egress":null,)");
  const WireConfig& config = wire->config();
  text.add(R"("egress":{{"bits_per_second":{},"used_share":{},"origin":"{}","min_fps":{:.3f},)",
           config.bits_per_second, Wire::kShare, config.origin, config.min_fps);
  text.add(R"("usable_bytes_per_second":{},"claimed_bytes_per_second":{},"waiting":{}}},)",
           wire->usable(), wire->claimed(), wire->waiting_in_all());
}

// Tells one run of the server from another, so that pages notice a restart.
int64_t instance_id(const ServerState& state) {
  return state.started.time_since_epoch().count();
}

size_t sum_of_viewers(const ServerState& state) {
  size_t viewers = 0;
  for (const auto& link : state.links) viewers += link->stats.viewers.value();
  return viewers;
}

}  // namespace

ReportBody::Pulled ReportBody::pull(std::span<char> room) noexcept {
  if (report_ == Report::state) return pull_state(room);
  TextWriter text(room);
  const bool more = write_step(text);
  return {text.size(), more ? State::more : State::done};
}

bool ReportBody::write_step(TextWriter& text) noexcept {
  switch (report_) {
    case Report::ustreamer_state:
      return write_ustreamer_state(text);
    case Report::metrics:
      return write_metrics_step(shard_.state(), row_++, text);
    case Report::cameras_json:
      return write_cameras_json(text);
    case Report::cameras_page:
      return cameras_page_.write_step(shard_, text);
    case Report::controls:
      return camera_report_.write_controls_step(shard_, camera_, text);
    case Report::state:
      break;
  }
  CHECK(false && "the state is written by pull_state()");
}

// The keys that ustreamer's own clients read; sizes and rates of the named camera.
bool ReportBody::write_ustreamer_state(TextWriter& text) const noexcept {
  const ServerState& state = shard_.state();
  const Camera& camera = state.cameras[camera_];
  const CaptureStats& stats = camera.ring->stats();
  text.add(
      R"({{"ok":true,"result":{{"instance_id":"{:x}","encoder":{{"type":"CPU","quality":{}}},)",
      state.started.time_since_epoch().count(), camera.quality);
  text.add(R"("source":{{"resolution":{{"width":{},"height":{}}},"online":{},)",
           stats.width.value(), stats.height.value(), stats.online.value() != 0);
  text.add(R"("desired_fps":{:.0f},"captured_fps":{:.0f}}},)", nominal_fps(stats),
           measured_fps(stats));
  text.add(R"("stream":{{"queued_fps":{:.0f},"clients":{},"clients_stat":{{}}}}}}}})",
           measured_fps(stats), camera.ring->watchers());
  text.add("\n");
  return false;
}

// The next step of the array of cameras; true when another one follows.
bool ReportBody::write_cameras(TextWriter& text) noexcept {
  if (begins_row_ && row_ > 0) text.add(",");
  begins_row_ = !camera_report_.write_step(shard_, row_, text);
  if (begins_row_) ++row_;
  return row_ < shard_.state().cameras.size();
}

bool ReportBody::write_cameras_json(TextWriter& text) noexcept {
  if (section_ == 0) {
    text.add(R"({{"instance_id":"{:x}","cameras":[)", instance_id(shard_.state()));
    ++section_;
    return true;
  }
  if (write_cameras(text)) return true;
  text.add("]}}\n");
  return false;
}

// ---- /api/v1/state ----

bool ReportBody::write_server(TextWriter& text) noexcept {
  ServerState& state = shard_.state();
  const Duration uptime = shard_.wall_now() - state.started;
  text.add(R"({{"version":"{}","backend":"{}","uptime_seconds":{:.3f},)", state.config.version,
           state.config.backend, std::max(0.0, to_seconds(uptime)));
  text.add(R"("max_viewers":{},"viewer_count":{},)", state.config.admission.viewers_max,
           sum_of_viewers(state));
  text.add(R"("max_viewers_per_address":{},"viewer_stall_timeout_seconds":{:.3f},)",
           state.config.admission.viewers_per_address,
           to_seconds(state.config.viewer_stall_timeout));
  write_egress(text, state.wire.get());
  text.add(R"("shards":[)");
  return false;
}

bool ReportBody::write_shards(TextWriter& text) noexcept {
  const auto& links = shard_.state().links;
  const ShardStats& stats = links[row_]->stats;
  text.add(R"({}{{"index":{},"connections":{},"viewers":{},"connections_accepted":{},)",
           row_ == 0 ? "" : ",", row_, stats.connections_open.value(), stats.viewers.value(),
           stats.connections_accepted.value());
  text.add(R"("requests":{},"frames_sent":{},"frames_repeated":{},"frames_skipped":{},)",
           stats.requests.value(), stats.frames_sent.value(), stats.frames_repeated.value(),
           stats.frames_skipped.value());
  text.add(R"("bytes_sent":{},"refused_full":{},"refused_address":{},)", stats.bytes_sent.value(),
           stats.refused_full.value(), stats.refused_address.value());
  text.add(R"("refused_wire":{},"refused_descriptors":{},)", stats.refused_wire.value(),
           stats.refused_descriptors.value());
  text.add(R"("sent_zero_copy":{},"zero_copy_copied":{},"zero_copy_refused":{},)",
           stats.sent_zero_copy.value(), stats.zero_copy_copied.value(),
           stats.zero_copy_refused.value());
  text.add(R"("evicted_stalled":{},"evicted_memory":{}}})", stats.evicted_stalled.value(),
           stats.evicted_memory.value());
  if (++row_ < links.size()) return true;
  text.add(R"(],"cameras":[)");
  return false;
}

ReportBody::Pulled ReportBody::pull_state(std::span<char> room) noexcept {
  if (section_ == 3) return pull_viewers(room);
  TextWriter text(room);
  const bool more = section_ == 0   ? write_server(text)
                    : section_ == 1 ? write_shards(text)
                                    : write_cameras(text);
  if (!more) {
    if (section_ == 2) text.add(R"(],"viewers":[)");
    ++section_;
    row_ = 0;
  }
  return {text.size(), State::more};
}

// Shard after shard is asked for its viewers, a page at a time; the next page is asked for only
// when the client has taken the one before.
ReportBody::Pulled ReportBody::pull_viewers(std::span<char> room) noexcept {
  if (!have_rows_) {
    ask();
    return wait();
  }
  if (rows_sent_ < rows_.size) {
    size_t bytes = std::min(room.size() - 1, rows_.size - rows_sent_);
    const bool comma = rows_sent_ == 0 && !first_row_;
    if (comma) room[0] = ',';
    std::memcpy(room.data() + comma, rows_.text.data() + rows_sent_, bytes);
    rows_sent_ += bytes;
    first_row_ = false;
    return {bytes + comma, State::more};
  }
  if (!rows_.more) {
    ++rows_.shard;
    rows_.after_id = 0;
  }
  if (rows_.shard < shard_.state().links.size()) {
    ask();
    return wait();
  }
  TextWriter text(room);
  text.add("]}}\n");
  return {text.size(), State::done};
}

void ReportBody::ask() noexcept {
  have_rows_ = false;
  rows_.owner = this;
  rows_.asker = shard_.index();
  shard_.state().links[rows_.shard]->mailbox.post(rows_, [](Message& message) noexcept {
    auto& question = static_cast<ViewerRows&>(message);
    ReportBody& body = *question.owner;
    ServerState& state = body.shard_.state();  // the same for all shards
    write_viewer_rows(*state.links[question.shard]->shard, question);
    state.links[question.asker]->mailbox.post(question, [](Message& answer) noexcept {
      static_cast<ViewerRows&>(answer).owner->rows_came();
    });
  });
}

void ReportBody::rows_came() noexcept {
  have_rows_ = true;
  rows_sent_ = 0;
  ready();
}

void write_viewer_rows(Shard& shard, ViewerRows& question) noexcept {
  constexpr size_t kRowMax = 320;
  TextWriter text(question.text);
  question.more = false;
  shard.connections().for_each([&](Connection& connection) {
    const Viewer* viewer = connection.viewer();
    if (viewer == nullptr || connection.id() <= question.after_id || question.more) return;
    if (question.text.size() - text.size() < kRowMax) {
      question.more = true;
      return;
    }
    question.after_id = connection.id();
    text.add(R"({}{{"id":{},"shard":{},"camera":"{}","seconds":{:.3f},"frames":{},"bytes":{},)",
             text.size() == 0 ? "" : ",", connection.id(), shard.index(),
             shard.state().cameras[shard.camera_of(viewer->channel())].name,
             to_seconds(shard.now() - viewer->joined_at()), viewer->frames_sent(),
             connection.bytes_sent());
    text.add(
        R"("fps":{:.3f},"skipped":{},"step":{},"paced":{},"fps_cap":{:.3f},"advance_headers":{}}})",
        viewer->measured_fps(), viewer->frames_skipped(), viewer->step(), viewer->options().paced,
        viewer->options().interval.count() > 0 ? 1 / to_seconds(viewer->options().interval) : 0.0,
        viewer->options().advance_headers);
  });
  question.size = text.size();
}

}  // namespace fanlight
