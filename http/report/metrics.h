// SPDX-License-Identifier: Apache-2.0
// Metrics: the figures of /metrics, in the Prometheus text format 0.0.4, as listed in docs/api.md.
//
// Labels name cameras and reasons, never viewers: the number of series does not depend on the
// number of clients.
#pragma once

#include <cstddef>

#include "http/protocol/body.h"
#include "http/protocol/text.h"
#include "http/state/server_state.h"

namespace fanlight {

// Maximum size of a step, in bytes.
inline constexpr size_t kMetricsStepMax = 4000;

// Owns: its place in the page. Thread: its shard's.
class Metrics {
 public:
  explicit Metrics(const ServerState& state) noexcept : state_(state) {}

  // Writes the next step: one metric of one camera, or of the whole server.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  Body::State write_one(TextWriter& text) noexcept;

  const ServerState& state_;
  size_t step_ = 0;
};

}  // namespace fanlight
