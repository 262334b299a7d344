// SPDX-License-Identifier: Apache-2.0
#include "http/report/state_report.h"

#include "core/check.h"
#include "http/delivery/shard_services.h"
#include "http/report/server_report.h"

namespace fanlight {

StateReport::StateReport(ShardServices& services, ViewerRows::Arrival arrival, bool whole) noexcept
    : services_(services),
      whole_(whole),
      cameras_(services, whole),
      rows_(services, whole ? &write_viewer_object_with_address : &write_viewer_object,
            ViewerRows::kAllCameras, arrival) {}

Body::State StateReport::write_step(TextWriter& text) noexcept {
  JsonWriter json(text, position_);
  if (section_ != Section::viewers) {
    write_section(json);
    return Body::State::more;
  }
  if (const Body::State state = rows_.write_step(text); state != Body::State::done) return state;
  json.end_array();
  json.end_object();
  text.raw("\n");
  return Body::State::done;
}

// `otherwise`: in the view for viewers.
void StateReport::begin_text(Section section, const SharedText& shared,
                             std::string_view otherwise) noexcept {
  section_ = section;
  text_left_ = whole_ ? shared.copy(text_) : otherwise;
}

// Each section begins the next one.
void StateReport::write_section(JsonWriter& json) noexcept {
  switch (section_) {
    case Section::server:
      json.begin_object();
      write_server_members(services_, whole_, json);
      json.key("flags");
      return begin_text(Section::flags, services_.state.flags_json, "{}");
    case Section::flags:
      json.splice(text_left_);
      if (!text_left_.empty()) return;
      json.key("devices");
      return begin_text(Section::devices, services_.state.devices_json, "[]");
    case Section::devices:
      json.splice(text_left_);
      if (!text_left_.empty()) return;
      json.key("shards").begin_array();
      section_ = Section::shards;
      return;
    case Section::shards:
      return write_shard(json);
    case Section::cameras:
      if (cameras_.write_step(json)) return;
      json.end_array();
      json.key("viewers").begin_array();
      section_ = Section::viewers;
      return;
    case Section::viewers:
      break;
  }
  CHECK(false && "the rows of the viewers are written by other shards");
}

void StateReport::write_shard(JsonWriter& json) noexcept {
  write_shard_object(services_.state, shard_, json);
  if (++shard_ < services_.state.links.size()) return;
  json.end_array();
  json.key("cameras").begin_array();
  section_ = Section::cameras;
}

}  // namespace fanlight
