// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of Rendition: one, with its ring, and pictures for it.
#pragma once

#include <gtest/gtest.h>

#include "capture/camera/rendition.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {

using Outcome = Rendition::Outcome;

struct RenditionTest : testing::Test {
  FrameRing ring{{.window = 2,
                  .jpeg_capacity = jpeg_capacity_for({320, 240, 40ms, 0}),
                  .memory_limit = 64 << 20}};
  FakeClock clock;
  Rendition rendition{ring, clock, 80, "door"};
  Bytes jpeg = make_jpeg(320, 240, 50, 4711, 1000);
  Canvas canvas{320, 240};

  Picture passed_through(std::span<const std::byte> bytes) {
    return {bytes, {}, 320, 240, clock.wall_now(), clock.now()};
  }
  Picture raw() { return {{}, canvas.view(), 320, 240, clock.wall_now(), clock.now()}; }
};

}  // namespace fanlight
