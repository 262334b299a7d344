// SPDX-License-Identifier: Apache-2.0
// UstreamerState: /state in the format that ustreamer's own clients and exporters read.
//
// The keys are those of ustreamer 6. The key of a client that chose none is "0".
#pragma once

#include <cstddef>

#include "http/protocol/body.h"
#include "http/protocol/json.h"
#include "http/report/viewer_rows.h"

namespace fanlight {

struct ShardServices;

// Owns: its place in the report. Thread: its shard's.
class UstreamerState {
 public:
  UstreamerState(ShardServices& services, ViewerRows::Arrival arrival, size_t camera) noexcept;

  // Writes the next bounded step; pending: the arrival follows.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  void write_beginning(JsonWriter& json) noexcept;

  ShardServices& services_;
  const size_t camera_;
  JsonPosition position_ = JsonPosition::first;
  bool has_begun_ = false;
  ViewerRows rows_;
};

}  // namespace fanlight
