// SPDX-License-Identifier: Apache-2.0
// ViewersPage: /viewers, the list of viewers for the operator. Its beginning is in ListPages.
#pragma once

#include "http/protocol/text.h"
#include "http/report/viewer_rows.h"
#include "http/state/server_state.h"

namespace fanlight {

// One viewer, as a row of the table: a ViewerRowWriter.
void write_viewer_line(const ViewerRow& row, TextWriter& text) noexcept;

// What follows the last row.
void write_viewers_end(const ServerState& state, TextWriter& text) noexcept;

}  // namespace fanlight
