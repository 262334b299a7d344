// SPDX-License-Identifier: Apache-2.0
#include "http/report/controls_report.h"

#include <utility>

#include "http/delivery/shard_services.h"

namespace fanlight {

void ControlsMember::begin(const CameraPanel* panel, JsonWriter& json) noexcept {
  json.key("controls").begin_array();
  left_ = panel == nullptr ? std::string_view() : panel->copy_controls(copy_);
}

bool ControlsMember::write_step(JsonWriter& json) noexcept {
  json.splice(left_);
  if (!left_.empty()) return true;
  json.end_array();
  return false;
}

Body::State ControlsReport::write_step(TextWriter& text) noexcept {
  JsonWriter json(text, position_);
  if (!std::exchange(has_begun_, true)) {
    json.begin_object();
    controls_.begin(services_.state.cameras[camera_].panel, json);
    return Body::State::more;
  }
  if (controls_.write_step(json)) return Body::State::more;
  json.end_object();
  return Body::State::done;
}

}  // namespace fanlight
