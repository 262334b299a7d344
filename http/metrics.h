// SPDX-License-Identifier: Apache-2.0
// Metrics: the figures of /metrics, in the Prometheus text format 0.0.4.
#pragma once

#include <cstddef>

#include "http/server_state.h"
#include "http/text.h"

namespace fanlight {

// Writes step `step` of the page, 0 first: one metric of one camera, or of all shards together, at
// most 3 KiB. False when it was the last one.
bool write_metrics_step(const ServerState& state, size_t step, TextWriter& text) noexcept;

}  // namespace fanlight
