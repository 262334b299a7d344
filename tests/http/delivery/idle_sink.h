// SPDX-License-Identifier: Apache-2.0
// IdleSink: a viewer's sink that sends nothing, so that the test decides when a send has ended.
#pragma once

#include "http/delivery/frame_sink.h"

namespace fanlight {

struct IdleSink final : FrameSink {
  bool is_sending() const noexcept override { return false; }
  void send_frame(Viewer&, const Piece&) noexcept override {}
  void ensure_timer(Instant) noexcept override {}
};

}  // namespace fanlight
