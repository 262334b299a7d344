// SPDX-License-Identifier: Apache-2.0
// ViewersPage: /viewers, the list of viewers for the operator. ListPages has its beginning and end.
#pragma once

#include <string_view>

#include "http/protocol/body.h"
#include "http/protocol/text.h"
#include "http/report/viewer_rows.h"
#include "http/state/server_state.h"

namespace fanlight {

// Owns: its place in the page. Thread: its shard's.
class ViewersPage {
 public:
  ViewersPage(ShardServices& services, ViewerRows::Arrival arrival) noexcept;

  // Writes the next bounded step; pending: the arrival follows.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  const ServerState& state_;
  std::string_view beginning_left_;
  ViewerRows rows_;
};

}  // namespace fanlight
