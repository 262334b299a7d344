// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/ladder.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "capture/camera/rendition.h"
#include "capture/jpeg/exif_orientation.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

constexpr PictureExtent kLarge{320, 240};
constexpr PictureExtent kSmall{160, 120};

FrameRingConfig ring_for(size_t capacity) {
  return {.window = 2, .jpeg_capacity = capacity, .memory_limit = 64 << 20};
}

// A camera of 640x480 with rungs of 320x240 and 160x120, and no threads.
class LadderTest : public testing::Test {
 protected:
  FrameRing top{ring_for(jpeg_capacity_for(SourceFormat{640, 480, 40ms, 0}))};
  FrameRing large{ring_for(rung_capacity(kLarge))};
  FrameRing small{ring_for(rung_capacity(kSmall))};
  FakeClock clock;
  std::optional<Ladder> ladder;
  std::optional<Rendition> rendition;
  Canvas canvas{640, 480};

  // Before the first picture.
  void make(Orientation orientation = {}) {
    rendition.reset();
    ladder.emplace(top, std::vector<RungTarget>{{&large, kLarge, 70}, {&small, kSmall, 60}}, "door",
                   orientation);
    rendition.emplace(top, clock, 80, "door",
                      RenditionConfig{.orientation = orientation, .ladder = &*ladder});
    rendition->set_format({640, 480, 40ms, 0});
  }
  LadderTest() {
    make();
    canvas.fill(rgb(40, 40, 40));
    canvas.fill_rect({320, 0, 320, 480}, rgb(200, 200, 200));
  }

  Picture raw() { return {{}, canvas.view(), 640, 480, clock.wall_now(), clock.now()}; }
  Picture passed_through(std::span<const std::byte> bytes) {
    return {bytes, {}, 640, 480, clock.wall_now(), clock.now()};
  }
  void publish(const Picture& picture) {
    clock.advance(40ms);
    rendition->publish(picture);
    ladder->serve();
  }
  // The same picture as rung 0's newest, in the given size.
  void expect_rung(FrameRing& ring, PictureExtent size, Orientation orientation = {}) {
    const FrameRef frame = ring.newer_than(0);
    const FrameRef above = top.newer_than(0);
    ASSERT_TRUE(frame && above);
    EXPECT_EQ(frame->sequence(), above->sequence());
    EXPECT_EQ(frame->info().captured_at, above->info().captured_at);
    EXPECT_EQ(frame->info().captured_wall, above->info().captured_wall);
    EXPECT_EQ(frame->info().slate_reason.view(), above->info().slate_reason.view());
    EXPECT_EQ((PictureExtent{frame->info().width, frame->info().height}), size);
    const Brightness decoded = decode(frame->jpeg());
    EXPECT_EQ((PictureExtent{decoded.width, decoded.height}), size);
    if (frame->info().is_slate()) return;
    const bool is_turned = orientation == Orientation{180, false};
    EXPECT_NEAR(decoded.at(size.width / 8, size.height / 2), is_turned ? 200 : 40, 4);
    EXPECT_NEAR(decoded.at(size.width * 7 / 8, size.height / 2), is_turned ? 40 : 200, 4);
  }
};

TEST_F(LadderTest, EncodesNothingWhileNobodyWatches) {
  for (int i = 0; i < 10; ++i) publish(raw());
  publish(passed_through(encode_jpeg(canvas)));
  EXPECT_EQ(top.stats().encoded.value(), 11u);
  EXPECT_EQ(large.stats().encoded.value() + small.stats().encoded.value(), 0u);
  EXPECT_EQ(large.stats().encode_time.count(), 0u);
  EXPECT_EQ(large.touched_bytes() + small.touched_bytes(), 0u);
  EXPECT_EQ(large.activity(), CaptureActivity::idle);
}

TEST_F(LadderTest, EncodesRawPicturesOnceForEachRungThatIsWatched) {
  large.watch();
  small.watch();
  publish(raw());
  publish(raw());
  expect_rung(large, kLarge);
  expect_rung(small, kSmall);
  EXPECT_EQ(large.stats().encoded.value(), 2u);
  EXPECT_EQ(small.stats().encoded.value(), 2u);
  EXPECT_EQ(large.stats().encode_time.count(), 2u);
  EXPECT_EQ(large.activity(), CaptureActivity::live);
  large.unwatch();
  publish(raw());
  EXPECT_EQ(large.stats().encoded.value(), 2u);
  EXPECT_EQ(large.activity(), CaptureActivity::idle);
  expect_rung(small, kSmall);
  small.unwatch();
}

TEST_F(LadderTest, DecodesJpegsInASmallerSize) {
  large.watch();
  small.watch();
  publish(passed_through(encode_jpeg(canvas)));
  expect_rung(large, kLarge);
  expect_rung(small, kSmall);
  large.unwatch();
  publish(passed_through(encode_jpeg(canvas)));
  expect_rung(small, kSmall);
  EXPECT_EQ(large.stats().encoded.value(), 1u);
  small.unwatch();
}

TEST_F(LadderTest, EachRungHasItsQuality) {
  large.watch();
  publish(raw());
  const size_t bytes = large.newer_than(0)->jpeg().size();
  ladder.reset();
  rendition.reset();
  FrameRing better(ring_for(rung_capacity(kLarge)));
  ladder.emplace(top, std::vector<RungTarget>{{&better, kLarge, 98}}, "door");
  better.watch();
  top.watch();
  ladder->serve();  // rung 0's newest frame
  EXPECT_GT(better.newer_than(0)->jpeg().size(), bytes);
  EXPECT_EQ(better.stats().quality.value(), 98u);
  top.unwatch();
  better.unwatch();
  large.unwatch();
}

TEST_F(LadderTest, TurnsRawPictures) {
  make({180, false});
  small.watch();
  publish(raw());
  expect_rung(small, kSmall, {180, false});
  small.unwatch();
}

TEST_F(LadderTest, AppliesTheOrientationThatAJpegDemands) {
  small.watch();
  const auto segment = exif_orientation_segment(3);
  const auto bytes = std::as_bytes(std::span(segment));
  publish(passed_through(with(encode_jpeg(canvas), Bytes(bytes.begin(), bytes.end()))));
  EXPECT_EQ(top.newer_than(0)->info().width, 640);
  expect_rung(small, kSmall, {180, false});
  small.unwatch();
}

TEST_F(LadderTest, KeepsTheShapeOfATurnedPicture) {
  make({90, false});
  EXPECT_EQ(large.stats().width.value(), 180u);
  EXPECT_EQ(large.stats().height.value(), 240u);
  large.watch();
  publish(raw());
  const FrameRef frame = large.newer_than(0);
  EXPECT_EQ((PictureExtent{frame->info().width, frame->info().height}), (PictureExtent{180, 240}));
  large.unwatch();
}

TEST_F(LadderTest, NeverEnlarges) {
  small.watch();
  Canvas tiny(100, 80);
  tiny.fill(rgb(100, 100, 100));
  clock.advance(40ms);
  rendition->publish({{}, tiny.view(), 100, 80, clock.wall_now(), clock.now()});
  ladder->serve();
  EXPECT_EQ(small.newer_than(0)->info().width, 100);
  small.unwatch();
}

TEST_F(LadderTest, DrawsSlatesAnew) {
  large.watch();
  small.watch();
  rendition->publish_slate("camera lost: unplugged");
  ladder->serve();
  expect_rung(large, kLarge);
  expect_rung(small, kSmall);
  EXPECT_EQ(large.newer_than(0)->info().slate_reason.view(), "camera lost: unplugged");
  EXPECT_EQ(large.stats().slates.value(), 1u);
  large.unwatch();
  small.unwatch();
}

TEST_F(LadderTest, SomeoneWhoJoinsIsShownTheNewestFrameAtOnce) {
  publish(raw());
  publish(passed_through(encode_jpeg(canvas)));
  large.watch();
  ladder->serve();
  expect_rung(large, kLarge);
  large.unwatch();
  // Nobody has watched for long: that frame is old.
  top.set_activity(CaptureActivity::idle);
  small.watch();
  ladder->serve();
  EXPECT_FALSE(small.newer_than(0));
  small.unwatch();
}

TEST_F(LadderTest, TheNewestOfSeveralPicturesWins) {
  large.watch();
  for (int i = 0; i < 3; ++i) {
    clock.advance(40ms);
    rendition->publish(raw());
  }
  ladder->serve();
  EXPECT_EQ(large.newer_than(0)->sequence(), 3u);
  EXPECT_EQ(large.stats().encoded.value(), 1u);
  EXPECT_EQ(large.stats().dropped_late.value(), 2u);
  large.unwatch();
}

TEST_F(LadderTest, WithholdsRungsThatFewWatch) {
  large.watch();
  for (uint32_t i = 0; i < Ladder::kRungWatchersFew; ++i) small.watch();
  ladder->set_relief(RungRelief::few);
  publish(raw());
  EXPECT_TRUE(large.is_withheld());
  EXPECT_FALSE(small.is_withheld());
  EXPECT_FALSE(large.newer_than(0));
  expect_rung(small, kSmall);
  // Its viewers have left it, which is no reason to encode it again.
  for (uint32_t i = 0; i < Ladder::kRungWatchersFew; ++i) large.watch();
  publish(raw());
  EXPECT_TRUE(large.is_withheld());
  ladder->set_relief(RungRelief::all);
  publish(raw());
  EXPECT_TRUE(small.is_withheld());
  EXPECT_EQ(small.newer_than(0)->sequence(), 2u);
  ladder->set_relief(RungRelief::none);
  publish(raw());
  EXPECT_FALSE(large.is_withheld());
  expect_rung(large, kLarge);
  expect_rung(small, kSmall);
  for (uint32_t i = 0; i <= Ladder::kRungWatchersFew; ++i) large.unwatch();
  for (uint32_t i = 0; i < Ladder::kRungWatchersFew; ++i) small.unwatch();
}

TEST_F(LadderTest, CountsPicturesThatCannotBeDecoded) {
  large.watch();
  // Not even a JPEG.
  const FrameRing::Acquired acquired = top.acquire();
  ASSERT_TRUE(acquired);
  acquired.place.jpeg[0] = std::byte{1};
  FrameInfo info;
  info.sequence = 1;
  top.publish(acquired.place, 1, info);
  ladder->offer_frame();
  ladder->serve();
  EXPECT_FALSE(large.newer_than(0));
  EXPECT_EQ(large.stats().dropped_bad.value(), 1u);
  large.unwatch();
}

// Under ThreadSanitizer: pictures, viewers that come and go, and an end at any time.
TEST_F(LadderTest, ItsThreadEncodesWhatTheCameraOffers) {
  ladder->start();
  small.watch();
  std::thread viewer([&] {
    for (int i = 0; i < 50; ++i) {
      large.watch();
      const FrameRef frame = large.newer_than(0);
      EXPECT_TRUE(!frame || !frame->jpeg().empty());
      ladder->set_relief(i % 10 == 9 ? RungRelief::few : RungRelief::none);
      large.unwatch();
    }
    ladder->set_relief(RungRelief::none);
  });
  const Bytes jpeg = encode_jpeg(canvas);
  for (int i = 0; i < 20; ++i) {
    clock.advance(40ms);
    rendition->publish(i % 2 == 0 ? raw() : passed_through(jpeg));
  }
  viewer.join();
  clock.advance(40ms);
  rendition->publish(raw());
  const uint64_t last = top.newer_than(0)->sequence();
  while (!small.newer_than(last - 1)) std::this_thread::yield();
  small.unwatch();
  ladder.reset();
  expect_rung(small, kSmall);
}

}  // namespace
}  // namespace fanlight
