// SPDX-License-Identifier: Apache-2.0
// Summary: /api/v1/summary, the few figures that a page shows while it is open.
//
// Its size depends on the number of cameras only, and it says when to ask again: thousands of open
// pages must not cost what the pictures are to have. The large report is /api/v1/state.
#pragma once

#include <cstddef>

#include "http/protocol/text.h"

namespace fanlight {

struct ShardServices;

// How long a page should wait before it asks again, seconds, 2..60: all pages together ask about
// 200 times a second at most.
unsigned poll_seconds(size_t viewers) noexcept;

// What a step writes at most, bytes.
inline constexpr size_t kSummaryStepMax = 1280;

// Writes step `step` of the object, 0 first: the server, then one camera after the other. False
// when it was the last one.
bool write_summary_step(ShardServices& services, size_t step, TextWriter& text) noexcept;

}  // namespace fanlight
