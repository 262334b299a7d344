// SPDX-License-Identifier: Apache-2.0
// ViewersPage: /viewers, who watches, for the operator. It begins as ListPages says.
#pragma once

#include "http/server_state.h"
#include "http/text.h"
#include "http/viewer_rows.h"

namespace fanlight {

// One viewer, as a row of the table: a ViewerRowWriter.
void write_viewer_line(const ViewerRow& row, TextWriter& text) noexcept;

// What follows the last row.
void write_viewers_end(const ServerState& state, TextWriter& text) noexcept;

}  // namespace fanlight
