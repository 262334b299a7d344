// SPDX-License-Identifier: Apache-2.0
// The source that CONTRIBUTING.md explains, built from its text.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "capture/camera/rendition.h"
#include "capture/camera/source_table.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

TEST(Example, IsListedInTheSourceTable) {
  const auto kinds = source_kinds();
  const auto has = [&](std::string_view name) {
    return std::any_of(kinds.begin(), kinds.end(),
                       [&](const SourceKind& kind) { return kind.name == name; });
  };
  EXPECT_TRUE(has("card"));
  EXPECT_TRUE(has("emulator"));
}

TEST(Example, ProducesPublishablePictures) {
  FakeClock clock;
  const auto with_text = open_source("card:Back at noon", {}, clock);
  const auto without_text = open_source("card", {}, clock);
  FrameRing ring({.window = 2,
                  .jpeg_capacity = jpeg_capacity_for(with_text->format()),
                  .memory_limit = 64 << 20});
  Rendition rendition(ring, clock, 80, "example");
  const auto brightness_of = [&](Source& source) {
    const auto picture = source.next(kNever);
    EXPECT_EQ(rendition.publish(picture.value()), Rendition::Outcome::published);
    return decode(ring.newer_than(0)->jpeg()).mean();
  };
  EXPECT_GT(brightness_of(*with_text), brightness_of(*without_text) + 0.5) << "white letters";
}

TEST(Example, KeepsItsRateAndTheDeadline) {
  FakeClock clock;
  const auto source = open_source("card:x", {}, clock);
  EXPECT_TRUE(source->next(kNever));
  EXPECT_FALSE(source->next(FakeClock::kStart + 500ms));
  EXPECT_TRUE(source->next(kNever));
  EXPECT_EQ(clock.now(), FakeClock::kStart + 1s);
}

}  // namespace
}  // namespace fanlight
