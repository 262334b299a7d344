// SPDX-License-Identifier: Apache-2.0
// MjpgProgram: mjpg-streamer's /program.json, its inputs, which are our cameras, and its one
// output.
#pragma once

#include <cstddef>

#include "http/protocol/body.h"
#include "http/protocol/json.h"
#include "http/state/server_state.h"

namespace fanlight {

// Owns: its place in the report. Thread: its shard's.
class MjpgProgram {
 public:
  explicit MjpgProgram(const ServerState& state) noexcept : state_(state) {}

  // Writes the next bounded step, one for each camera.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  const ServerState& state_;
  JsonPosition position_ = JsonPosition::first;
  bool has_begun_ = false;
  size_t camera_ = 0;
};

}  // namespace fanlight
