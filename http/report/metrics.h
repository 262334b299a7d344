// SPDX-License-Identifier: Apache-2.0
// Metrics: the figures of /metrics, in the Prometheus text format 0.0.4. docs/api.md lists
// them.
//
// Labels name cameras and reasons, never viewers: the number of series does not depend on who
// comes.
#pragma once

#include <cstddef>

#include "http/protocol/text.h"
#include "http/state/server_state.h"

namespace fanlight {

// What a step writes at most, bytes.
inline constexpr size_t kMetricsStepMax = 4000;

// Writes step `step` of the page, 0 first: one metric of one camera, or of the whole server. False
// when it was the last one.
bool write_metrics_step(const ServerState& state, size_t step, TextWriter& text) noexcept;

}  // namespace fanlight
