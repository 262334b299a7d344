// SPDX-License-Identifier: Apache-2.0
// Summary: /api/v1/summary, the few figures that an open page shows.
//
// Its size depends only on the number of cameras, and it includes the poll interval: thousands of
// open pages must not use up what the pictures need. The full report is /api/v1/state.
#pragma once

#include <cstddef>

#include "http/protocol/json.h"

namespace fanlight {

struct ShardServices;

// The poll interval of a page in seconds, 2..60: all pages together send at most about 200 requests
// a second.
unsigned poll_seconds(size_t viewers) noexcept;

// Maximum size of a step, in bytes.
inline constexpr size_t kSummaryStepMax = 1280;

// Writes step `step` of the object, 0 first: the server, then one camera after another. False if it
// was the last one.
bool write_summary_step(ShardServices& services, size_t step, JsonPosition& position,
                        TextWriter& text) noexcept;

}  // namespace fanlight
