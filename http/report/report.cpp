// SPDX-License-Identifier: Apache-2.0
#include "http/report/report.h"

#include "core/check.h"
#include "http/delivery/shard_services.h"
#include "http/protocol/json.h"
#include "http/report/metrics.h"
#include "http/report/mjpg_program.h"
#include "http/report/server_report.h"
#include "http/report/summary.h"
#include "http/report/ustreamer_state.h"
#include "http/report/viewers_page.h"

namespace fanlight {
namespace {

bool is_ustreamers(Report report) {
  return report == Report::ustreamer_state;
}

ViewerRowWriter writer_for(Report report, bool addresses) {
  if (is_ustreamers(report)) return &write_ustreamer_client;
  if (report == Report::viewers_page) return &write_viewer_line;
  return addresses ? &write_viewer_object_with_address : &write_viewer_object;
}

}  // namespace

ReportBody::ReportBody(ShardServices& services, Report report, size_t camera,
                       bool addresses) noexcept
    : services_(services),
      report_(report),
      camera_(camera),
      rows_(services, writer_for(report, addresses),
            is_ustreamers(report) ? camera : ViewerRows::kAllCameras,
            {this, [](void* owner) noexcept { static_cast<ReportBody*>(owner)->ready(); }}) {
  if (report == Report::viewers_page) text_left_ = services.state.list_pages.viewers();
}

void ReportBody::release() noexcept {
  services_.reports.destroy(this);
}

ReportBody::Pulled ReportBody::pull(std::span<char> room) noexcept {
  if (section_ == Section::viewers) return pull_viewers(room);
  TextWriter text(room);
  const bool more = write_step(text);
  return {text.size(), more ? State::more : State::done};
}

bool ReportBody::write_step(TextWriter& text) noexcept {
  JsonWriter json(text, position_);
  switch (report_) {
    case Report::state:
      return write_state_step(text);
    case Report::ustreamer_state:
      write_ustreamer_state(services_, camera_, json);
      begin_section(Section::viewers);
      return true;
    case Report::metrics:
      return write_metrics_step(services_.state, row_++, text);
    case Report::mjpg_program:
      return write_mjpg_program_step(services_.state, row_++, position_, text);
    case Report::cameras_json:
      return write_cameras_json(text);
    case Report::cameras_page:
      return cameras_page_.write_step(services_, text);
    case Report::controls:
      return camera_report_.write_controls_step(services_, camera_, json);
    case Report::summary:
      return write_summary_step(services_, row_++, position_, text);
    case Report::viewers_page:
      if (!write_text(text)) begin_section(Section::viewers);
      return true;
  }
  CHECK(false && "every report is written");
}

// The next step of the array of cameras; true if another one follows.
bool ReportBody::write_cameras(JsonWriter& json) noexcept {
  if (!camera_report_.write_step(services_, row_, json)) ++row_;
  return row_ < services_.state.cameras.size();
}

bool ReportBody::write_cameras_json(TextWriter& text) noexcept {
  JsonWriter json(text, position_);
  if (section_ == Section::server) {
    json.begin_object();
    json.key("instance_id").formatted("{:x}", instance_id(services_.state));
    json.key("cameras").begin_array();
    begin_section(Section::cameras);
    return true;
  }
  if (write_cameras(json)) return true;
  json.end_array();
  json.end_object();
  text.raw("\n");
  return false;
}

// ---- /api/v1/state ----

void ReportBody::begin_section(Section section) noexcept {
  section_ = section;
  row_ = 0;
}

void ReportBody::begin_text(const SharedText& shared) noexcept {
  text_left_ = shared.copy(text_);
}

// The next part of the copy; true if another one follows.
bool ReportBody::write_text(TextWriter& text) noexcept {
  text.raw_part(text_left_);
  return !text_left_.empty();
}

// Always true: the viewers follow, and they are pulled separately.
bool ReportBody::write_state_step(TextWriter& text) noexcept {
  ServerState& state = services_.state;
  JsonWriter json(text, position_);
  switch (section_) {
    case Section::server:
      json.begin_object();
      write_server_members(services_, json);
      json.key("flags");
      begin_section(Section::flags);
      begin_text(state.flags_json);
      return true;
    case Section::flags:
      json.splice(text_left_);
      if (!text_left_.empty()) return true;
      json.key("devices");
      begin_section(Section::devices);
      begin_text(state.devices_json);
      return true;
    case Section::devices:
      json.splice(text_left_);
      if (!text_left_.empty()) return true;
      json.key("shards").begin_array();
      begin_section(Section::shards);
      return true;
    case Section::shards:
      write_shard_object(state, row_, json);
      if (++row_ < state.links.size()) return true;
      json.end_array();
      json.key("cameras").begin_array();
      begin_section(Section::cameras);
      return true;
    case Section::cameras:
      if (write_cameras(json)) return true;
      json.end_array();
      json.key("viewers").begin_array();
      begin_section(Section::viewers);
      return true;
    case Section::viewers:
      break;
  }
  CHECK(false && "the viewers are pulled");
}

ReportBody::Pulled ReportBody::pull_viewers(std::span<char> room) noexcept {
  TextWriter text(room);
  const State state = rows_.write_step(text);
  if (state == State::pending) return wait();
  if (state == State::done) write_end(text);
  return {text.size(), state};
}

// What follows the last row.
void ReportBody::write_end(TextWriter& text) noexcept {
  if (report_ == Report::viewers_page) return write_viewers_end(services_.state, text);
  JsonWriter json(text, position_);
  if (is_ustreamers(report_)) {
    end_ustreamer_state(json);
  } else {
    json.end_array();
    json.end_object();
  }
  text.raw("\n");
}

}  // namespace fanlight
