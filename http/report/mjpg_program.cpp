// SPDX-License-Identifier: Apache-2.0
#include "http/report/mjpg_program.h"

#include <utility>

namespace fanlight {
namespace {

void write_plugin(size_t id, std::string_view name, std::string_view arguments, JsonWriter& json) {
  json.begin_object();
  json.key("id").formatted("{}", id);
  json.key("name").string(name);
  json.key("plugin").string("fanlight");
  json.key("args").string(arguments);
  json.end_object();
}

}  // namespace

Body::State MjpgProgram::write_step(TextWriter& text) noexcept {
  JsonWriter json(text, position_);
  if (!std::exchange(has_begun_, true)) {
    json.begin_object();
    json.key("inputs").begin_array();
  }
  camera_ = state_.names.next_shown(camera_);
  if (camera_ < state_.cameras.size()) {
    write_plugin(camera_, state_.names[camera_], state_.cameras[camera_].kind(), json);
    ++camera_;
    return Body::State::more;
  }
  json.end_array();
  json.key("outputs").begin_array();
  write_plugin(0, "HTTP output", "", json);
  json.end_array();
  json.end_object();
  text.raw("\n");
  return Body::State::done;
}

}  // namespace fanlight
