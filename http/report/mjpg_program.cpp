// SPDX-License-Identifier: Apache-2.0
#include "http/report/mjpg_program.h"

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

bool write_mjpg_program_step(const ServerState& state, size_t step, JsonPosition& position,
                             TextWriter& text) noexcept {
  JsonWriter json(text, position);
  if (step == 0) {
    json.begin_object();
    json.key("inputs").begin_array();
  }
  const Camera& camera = state.cameras[step];
  write_plugin(step, camera.name, camera.source, json);
  if (step + 1 < state.cameras.size()) return true;
  json.end_array();
  json.key("outputs").begin_array();
  write_plugin(0, "HTTP output", "", json);
  json.end_array();
  json.end_object();
  text.raw("\n");
  return false;
}

}  // namespace fanlight
