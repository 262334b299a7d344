// SPDX-License-Identifier: Apache-2.0
// ServerReport: the parts of /api/v1/state that are not about one camera. docs/api.md explains
// every key.
#pragma once

#include <cstddef>

#include "http/protocol/json.h"
#include "http/report/viewer_rows.h"
#include "http/state/server_state.h"

namespace fanlight {

struct ShardServices;

// Distinguishes runs of the server, so that pages notice a restart.
uint64_t instance_id(const ServerState& state) noexcept;

// Never negative, even if the wall clock was set back.
double uptime_seconds(const ShardServices& services) noexcept;

// The members of the report's object that describe the server as a whole; `whole` is the view.
void write_server_members(ShardServices& services, bool whole, JsonWriter& json) noexcept;

// One shard, as an object.
void write_shard_object(const ServerState& state, size_t index, JsonWriter& json) noexcept;

// One viewer, as an object: a ViewerRowWriter.
void write_viewer_object(const ViewerRow& row, TextWriter& text) noexcept;
void write_viewer_object_with_address(const ViewerRow& row, TextWriter& text) noexcept;

}  // namespace fanlight
