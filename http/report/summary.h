// SPDX-License-Identifier: Apache-2.0
// Summary: /api/v1/summary, the few figures that an open page shows.
//
// Its size depends only on the number of cameras, and it includes the poll interval: thousands of
// open pages must not use up what the pictures need. The full report is /api/v1/state.
#pragma once

#include <cstddef>

#include "http/auth/rights.h"
#include "http/protocol/body.h"
#include "http/protocol/json.h"

namespace fanlight {

struct ShardServices;

// The poll interval of a page in seconds, 2..60: all pages together send at most about 200 requests
// a second.
unsigned poll_seconds(size_t viewers) noexcept;

// Maximum size of a step, in bytes.
inline constexpr size_t kSummaryStepMax = 1280;

// Owns: its place in the object. Thread: its shard's.
class Summary {
 public:
  // `rights`: of the client, on at least one camera; others are left out.
  explicit Summary(ShardServices& services, const Rights& rights = Rights(kEveryRight)) noexcept
      : services_(services), rights_(rights) {}

  // Writes the next step: the server, then one camera after another.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  ShardServices& services_;
  JsonPosition position_ = JsonPosition::first;
  const Rights rights_;
  bool has_begun_ = false;
  size_t camera_ = 0;
};

}  // namespace fanlight
