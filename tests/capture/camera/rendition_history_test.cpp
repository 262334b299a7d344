// SPDX-License-Identifier: Apache-2.0
// The history of a rendition.
#include <gtest/gtest.h>

#include <vector>

#include "capture/camera/rendition.h"
#include "core/history/history_reader.h"
#include "tests/capture/jpeg/test_jpeg.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

TEST(RenditionHistory, HasWhatIsPublished) {
  FrameRing ring({.window = 2,
                  .jpeg_capacity = jpeg_capacity_for({320, 240, 40ms, 0}),
                  .memory_limit = 64 << 20});
  FrameHistory history({.length = 10s, .memory_max = 8 << 20, .jpeg_max = ring.jpeg_capacity()});
  FakeClock clock;
  Rendition rendition(ring, clock, 80, "door", {.encoder_threads = 2, .history = &history});
  rendition.set_format({320, 240, 40ms, 0}, 3);
  ring.watch_updates();
  Canvas canvas(320, 240);
  for (int i = 0; i < 20; ++i) {
    clock.advance(100ms);
    canvas.fill(rgb(10 * i, 10 * i, 10 * i));
    rendition.publish({{}, canvas.view(), 320, 240, clock.wall_now(), clock.now()});
    rendition.settle();
  }
  rendition.publish_slate("camera lost");
  ring.unwatch_updates();
  EXPECT_EQ(history.frames(), 21u);
  EXPECT_EQ(history.skipped(), 0u);
  HistoryReader reader;
  std::vector<char> room(HistoryReader::room_for(ring.jpeg_capacity()));
  Frame frame;
  for (uint64_t i = 1; i <= 20; ++i) {
    ASSERT_TRUE(reader.read(history, i, room, frame));
    EXPECT_NEAR(decode(frame.jpeg()).mean(), 10 * double(i - 1), 2) << "its own picture";
  }
  ASSERT_TRUE(reader.read(history, 21, room, frame));
  EXPECT_EQ(frame.info().slate_reason.view(), "camera lost");
  EXPECT_EQ(frame.jpeg(), ring.newer_than(0)->jpeg());
}

}  // namespace
}  // namespace fanlight
