// SPDX-License-Identifier: Apache-2.0
// UstreamerState: /state in the format that ustreamer's own clients and exporters read.
//
// The keys are those of ustreamer 6. The key of a client that chose none is "0".
#pragma once

#include <cstddef>

#include "http/protocol/json.h"
#include "http/report/viewer_rows.h"
#include "http/state/server_state.h"

namespace fanlight {

// Everything about `camera` before the clients; their rows follow, and then the end.
void write_ustreamer_state(ShardServices& services, size_t camera, JsonWriter& json) noexcept;

// One client of "clients_stat": a ViewerRowWriter.
void write_ustreamer_client(const ViewerRow& row, TextWriter& text) noexcept;

void end_ustreamer_state(JsonWriter& json) noexcept;

}  // namespace fanlight
