// SPDX-License-Identifier: Apache-2.0
// Metrics: the figures of /metrics, in the Prometheus text format 0.0.4, as listed in docs/api.md.
//
// Labels name cameras and reasons, never viewers: the number of series does not depend on the
// number of clients.
#pragma once

#include <cstddef>

#include "http/protocol/text.h"
#include "http/state/server_state.h"

namespace fanlight {

// Maximum size of a step, in bytes.
inline constexpr size_t kMetricsStepMax = 4000;

// Writes step `step` of the page, 0 first: one metric of one camera, or of the whole server. False
// if it was the last one.
bool write_metrics_step(const ServerState& state, size_t step, TextWriter& text) noexcept;

}  // namespace fanlight
