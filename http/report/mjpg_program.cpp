// SPDX-License-Identifier: Apache-2.0
#include "http/report/mjpg_program.h"

namespace fanlight {

bool write_mjpg_program_step(const ServerState& state, size_t step, TextWriter& text) noexcept {
  const Camera& camera = state.cameras[step];
  text.add(R"({}{{"id":"{}","name":"{}","plugin":"fanlight","args":")",
           step == 0 ? R"({"inputs":[)" : ",", step, camera.name);
  text.add_json(camera.source);
  text.add(R"("}})");
  if (step + 1 < state.cameras.size()) return true;
  text.add(R"(],"outputs":[{{"id":"0","name":"HTTP output","plugin":"fanlight","args":""}}]}})");
  text.add("\n");
  return false;
}

}  // namespace fanlight
