// SPDX-License-Identifier: Apache-2.0
// Pacer: when the next picture is due, for sources without a device that sets the pace.
#pragma once

#include <algorithm>

#include "capture/source/camera_clock.h"
#include "core/check.h"

namespace fanlight {

// Owns: nothing.
// Thread: the camera's.
// Invariant: pictures are due at whole intervals from the first one, so the rate does not drift;
//   missed pictures are skipped, never made up for in a burst.
class Pacer {
 public:
  Pacer(CameraClock& clock, Duration interval) : clock_(clock), interval_(interval) {
    CHECK(interval > Duration::zero());
  }

  // Waits until a picture is due; false when `deadline`, an interruption or a stop came first. The
  // first one is due immediately.
  bool wait(Instant deadline) noexcept {
    if (clock_.wait_until(std::min(due_, deadline)) == Wake::stop) return false;
    const Instant now = clock_.now();
    if (now < due_) return false;
    if (due_ == Instant{}) due_ = now;
    due_ += interval_ * ((now - due_) / interval_ + 1);
    return true;
  }

 private:
  CameraClock& clock_;
  const Duration interval_;
  Instant due_{};
};

}  // namespace fanlight
