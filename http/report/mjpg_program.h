// SPDX-License-Identifier: Apache-2.0
// mjpg-streamer's /program.json: its inputs, which are our cameras, and its one output.
#pragma once

#include <cstddef>

#include "http/protocol/json.h"
#include "http/state/server_state.h"

namespace fanlight {

// Writes step `step`, 0 first, one for each camera. False if it was the last one.
bool write_mjpg_program_step(const ServerState& state, size_t step, JsonPosition& position,
                             TextWriter& text) noexcept;

}  // namespace fanlight
