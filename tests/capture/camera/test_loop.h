// SPDX-License-Identifier: Apache-2.0
// A capture loop on a test camera, in the test's own thread.
#pragma once

#include <memory>
#include <optional>

#include "capture/camera/capture_loop.h"
#include "capture/camera/rendition.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {

struct TestLoop {
  FakeClock clock;
  TestCamera camera{clock};
  FrameRing ring{{.window = 2,
                  .jpeg_capacity = jpeg_capacity_for({320, 240, {}, 0}),
                  .memory_limit = 64 << 20}};
  Recorder recorder{clock, ring};
  CaptureConfig config{.name = "door", .options = {}, .open = [this](const SourceOptions& options) {
                         return camera.open(options);
                       }};

  // Runs from the start for `duration`; events in that time are scheduled on the clock beforehand.
  void run(Duration duration) {
    CaptureLoop loop(config, camera.open(config.options), ring, clock);
    clock.stop_at(duration);
    loop.run();
    recorder.look();
  }
  void set_mood(Duration after, Mood mood) {
    clock.at(after, [this, mood] { camera.mood = mood; });
  }
  const CaptureStats& stats() const { return ring.stats(); }
  CaptureActivity activity() const { return ring.activity(); }
};

}  // namespace fanlight
