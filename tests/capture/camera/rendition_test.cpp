// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/rendition.h"

#include <gtest/gtest.h>

#include "capture/jpeg/jpeg_repair.h"
#include "tests/capture/camera/test_encoder.h"
#include "tests/capture/camera/test_rendition.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/core/segments/divided_picture.h"

namespace fanlight {
namespace {

TEST_F(RenditionTest, PassesJpegsThroughByteForByte) {
  clock.advance(5s);
  EXPECT_EQ(rendition.publish(passed_through(jpeg)), Outcome::published);
  const FrameRef frame = ring.newer_than(0);
  ASSERT_TRUE(frame);
  EXPECT_EQ(Bytes(bytes_of(frame->jpeg()).begin(), bytes_of(frame->jpeg()).end()), jpeg);
  EXPECT_EQ(frame->info().sequence, 1u);
  EXPECT_EQ(frame->info().captured_wall, clock.wall_now());
  EXPECT_EQ(frame->info().captured_at, clock.now());
  EXPECT_EQ(frame->info().width, 320);
  EXPECT_FALSE(frame->info().is_slate());
  EXPECT_EQ(ring.stats().captured.value(), 1u);
  EXPECT_EQ(ring.stats().encode_time.count(), 1u);
}

TEST_F(RenditionTest, EncodesRawPictures) {
  canvas.fill(rgb(150, 150, 150));
  EXPECT_EQ(rendition.publish(raw()), Outcome::published);
  EXPECT_NEAR(decode(ring.newer_than(0)->jpeg()).mean(), 150, 1);
}

TEST_F(RenditionTest, DividesPicturesWhileSomebodyWatchesUpdates) {
  EXPECT_EQ(rendition.publish(passed_through(jpeg)), Outcome::published);
  EXPECT_TRUE(ring.newer_than(0)->segments().empty());
  ring.watch_updates();
  EXPECT_EQ(rendition.publish(passed_through(jpeg)), Outcome::published);
  {
    const FrameRef frame = ring.newer_than(1);
    EXPECT_EQ(frame->segments().grid, (SegmentGrid{64, 16, 5, 15}));
    EXPECT_FALSE(frame->can_update(1)) << "frame 1 was not divided";
    EXPECT_EQ(decode(frame->jpeg()).pixels, decode(jpeg).pixels);
  }
  EXPECT_EQ(rendition.publish(passed_through(jpeg)), Outcome::published);
  EXPECT_TRUE(ring.newer_than(2)->is_same_as(2));
  EXPECT_EQ(rendition.publish(passed_through(make_jpeg(320, 240, 200))), Outcome::published);
  EXPECT_TRUE(ring.newer_than(3)->can_update(2));
  EXPECT_FALSE(ring.newer_than(3)->is_same_as(3));
  EXPECT_EQ(ring.stats().segments.value(), 3u * 75);
  EXPECT_EQ(ring.stats().segments_changed.value(), 75u);
  EXPECT_EQ(ring.stats().undivided.value(), 0u);
  ring.unwatch_updates();
  EXPECT_EQ(rendition.publish(passed_through(jpeg)), Outcome::published);
  const FrameRef frame = ring.newer_than(4);
  EXPECT_TRUE(std::ranges::equal(bytes_of(frame->jpeg()), jpeg)) << "byte for byte";
}

TEST_F(RenditionTest, RenewsEachSegmentWithinTheRefresh) {
  Rendition soon(ring, clock, 80, "door", {.refresh = 1s});
  ring.watch_updates();
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(soon.publish(passed_through(jpeg)), Outcome::published);
    clock.advance(100ms);
  }
  const FrameRef frame = ring.newer_than(10);
  EXPECT_TRUE(frame->can_update(1));
  for (const Segment& segment : frame->segments().segments.first(75)) EXPECT_LT(segment.age, 10u);
  ring.unwatch_updates();
}

// The camera's server has decided what changed, and renews it.
TEST_F(RenditionTest, OfJoinedPicturesThoseSegmentsHaveChangedWhoseBytesDid) {
  Rendition relay(ring, clock, 80, "door", {.refresh = 1s});
  ring.watch_updates();
  const auto publish = [&](const Divided& picture, bool is_joined) {
    clock.advance(1s);
    Picture passed = passed_through(picture.jpeg);
    passed.is_joined = is_joined;
    EXPECT_EQ(relay.publish(passed), Outcome::published);
    return ring.newer_than(relay.next_sequence() - 2);
  };
  const Divided dark(make_jpeg(320, 240, 100)), hardly_brighter(make_jpeg(320, 240, 101));
  publish(dark, true);
  EXPECT_TRUE(publish(dark, true)->is_same_as(1)) << "nothing is renewed";
  EXPECT_FALSE(publish(hardly_brighter, true)->is_same_as(2));
  EXPECT_EQ(ring.stats().segments_changed.value(), 75u);
  EXPECT_FALSE(publish(hardly_brighter, false)->is_same_as(3)) << "compared with nothing";
  EXPECT_FALSE(publish(hardly_brighter, true)->is_same_as(4)) << "likewise";
  EXPECT_EQ(ring.stats().segments_changed.value(), 75u);
  ring.unwatch_updates();
}

TEST_F(RenditionTest, DividesNoSlateAndCountsWhatCannotBeDivided) {
  ring.watch_updates();
  rendition.publish_slate("camera lost");
  EXPECT_TRUE(ring.newer_than(0)->segments().empty());
  EXPECT_EQ(ring.stats().undivided.value(), 0u);
  EXPECT_EQ(rendition.publish(passed_through(progressive(jpeg))), Outcome::published);
  EXPECT_TRUE(ring.newer_than(1)->segments().empty());
  EXPECT_EQ(ring.stats().undivided.value(), 1u);
  ring.unwatch_updates();
}

// Their results are in order, however many threads encode them.
TEST_F(RenditionTest, DividesInEncoderThreads) {
  Rendition pooled(ring, clock, 80, "door", {.encoder_threads = 3});
  pooled.set_format({320, 240, 40ms, 0}, 4);
  ring.watch_updates();
  std::vector<Canvas> pictures;
  for (int i = 0; i < 60; ++i) {
    pictures.emplace_back(320, 240);
    pictures.back().fill(rgb(100, 100, 100));
    pictures.back().fill_rect({5 * i, 100, 16, 16}, rgb(200, 200, 200));
  }
  for (uint64_t i = 0; i < pictures.size(); ++i) {
    // The encoders read the clock, so it stands still.
    const Duration later = 40ms * static_cast<int>(i);
    const Picture picture{{}, pictures[i].view(), 320, 240, clock.wall_now(), clock.now() + later};
    const Outcome outcome = pooled.publish(picture);
    EXPECT_TRUE(outcome == Outcome::published || outcome == Outcome::queued);
  }
  pooled.settle();
  const FrameRef last = ring.newer_than(pictures.size() - 1);
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->can_update(1));
  EXPECT_EQ(ring.stats().segments.value(), pictures.size() * 75);
  // Before and behind the square, once it moves.
  EXPECT_LE(ring.stats().segments_changed.value(), pictures.size() * 8);
  EXPECT_GE(ring.stats().segments_changed.value(), pictures.size() * 2);
  ring.unwatch_updates();
}

TEST_F(RenditionTest, TakesTheSizeFromTheJpeg) {
  const Bytes other = make_jpeg(64, 48, 50);
  rendition.publish(passed_through(other));
  EXPECT_EQ(ring.newer_than(0)->info().width, 64);
  EXPECT_EQ(ring.newer_than(0)->info().height, 48);
}

TEST_F(RenditionTest, NeverPublishesABrokenJpeg) {
  const auto cut = std::span(jpeg).first(jpeg.size() - 3);
  EXPECT_EQ(rendition.publish(passed_through(cut)), Outcome::broken);
  EXPECT_FALSE(ring.newer_than(0));
  EXPECT_EQ(ring.stats().dropped_bad.value(), 1u);
  EXPECT_EQ(rendition.publish(passed_through(jpeg)), Outcome::published);
  EXPECT_EQ(ring.newer_than(0)->sequence(), 2u) << "a drop leaves a gap";
}

TEST_F(RenditionTest, DropsAndCountsOversizedPictures) {
  const Bytes comment = jpeg_segment(0xfe, std::string(50'000, ' '));
  Bytes large = jpeg;
  while (large.size() + comment.size() <= ring.jpeg_capacity()) large = with(large, comment);
  EXPECT_EQ(rendition.publish(passed_through(large)), Outcome::published);
  EXPECT_EQ(rendition.publish(passed_through(with(large, comment))), Outcome::too_large);
  const Canvas larger(640, 480);
  const Picture picture{{}, larger.view(), 640, 480, clock.wall_now(), clock.now()};
  EXPECT_EQ(rendition.publish(picture), Outcome::too_large);
  EXPECT_EQ(ring.stats().dropped_bad.value(), 2u);
  EXPECT_EQ(ring.newer_than(0)->sequence(), 1u);
}

TEST_F(RenditionTest, AddsWhatACameraOmits) {
  const Bytes camera = without(jpeg, 0xc4) + Bytes(3000, std::byte{0});
  EXPECT_EQ(rendition.publish(passed_through(camera)), Outcome::published);
  EXPECT_EQ(decode(ring.newer_than(0)->jpeg()).pixels, decode(jpeg).pixels);
}

TEST_F(RenditionTest, RepeatIsNotANewPicture) {
  Picture picture = passed_through(jpeg);
  picture.is_repeat = true;
  EXPECT_EQ(rendition.publish(picture), Outcome::repeated);
  EXPECT_EQ(rendition.next_sequence(), 1u);
  EXPECT_EQ(ring.stats().captured.value(), 0u);
}

TEST_F(RenditionTest, RepeatOfAnUnpublishablePictureFailsAgain) {
  const auto repeat = [](Picture picture) {
    picture.is_repeat = true;
    return picture;
  };
  Bytes large = jpeg;
  while (large.size() <= ring.jpeg_capacity()) {
    large = with(large, jpeg_segment(0xfe, std::string(50'000, ' ')));
  }
  for (const Bytes& bytes : {Bytes(jpeg.begin(), jpeg.begin() + 40), large}) {
    const Outcome first = rendition.publish(passed_through(bytes));
    EXPECT_NE(first, Outcome::published);
    EXPECT_EQ(rendition.publish(repeat(passed_through(bytes))), first);
    EXPECT_EQ(rendition.publish(passed_through(jpeg)), Outcome::published);
    EXPECT_EQ(rendition.publish(repeat(passed_through(jpeg))), Outcome::repeated);
  }
  EXPECT_EQ(ring.stats().dropped_bad.value(), 2u) << "each is counted only once";
}

TEST_F(RenditionTest, RepeatPublishesAPictureThatWasDroppedBefore) {
  std::vector<FramePlace> taken;
  while (const auto acquired = ring.acquire()) taken.push_back(acquired.place);
  Picture picture = passed_through(jpeg);
  EXPECT_EQ(rendition.publish(picture), Outcome::no_place);
  picture.is_repeat = true;
  EXPECT_EQ(rendition.publish(picture), Outcome::no_place);
  for (const FramePlace& place : taken) ring.abandon(place);
  EXPECT_EQ(rendition.publish(picture), Outcome::published);
  EXPECT_EQ(rendition.publish(picture), Outcome::repeated);
  EXPECT_EQ(ring.stats().captured.value(), 1u);
}

TEST_F(RenditionTest, RelayedSlateStaysASlate) {
  Picture picture = passed_through(jpeg);
  picture.slate_reason = "camera lost: No such device";
  EXPECT_EQ(rendition.publish(picture), Outcome::published);
  EXPECT_EQ(ring.newer_than(0)->info().slate_reason.view(), "camera lost: No such device");
  EXPECT_EQ(ring.stats().slates.value(), 1u);
}

TEST_F(RenditionTest, RotatesPicturesAndSizesSlatesToMatch) {
  Rendition turned(ring, clock, 80, "door", {.orientation = {90, false}});
  turned.set_format({240, 160, 40ms, 0});
  turned.publish_slate("camera gives no pictures");
  EXPECT_EQ(ring.newer_than(0)->info().width, 160);
  EXPECT_EQ(ring.newer_than(0)->info().height, 240);
  EXPECT_EQ(turned.publish(passed_through(jpeg)), Outcome::published);
  EXPECT_EQ(ring.newer_than(0)->info().width, 240);
  EXPECT_EQ(decode(ring.newer_than(0)->jpeg()).height, 320);
  EXPECT_EQ(turned.publish(raw()), Outcome::published);
  EXPECT_EQ(decode(ring.newer_than(0)->jpeg()).height, 320);
}

TEST_F(RenditionTest, HardwareEncodesInTheCameraThread) {
  auto hardware = std::make_unique<TestEncoder>(std::vector{PixelFormat::yuv420});
  const Bytes made = hardware->jpeg;
  Rendition quick(ring, clock, 80, "door",
                  {.encoder_threads = 2, .hardware_encoder = std::move(hardware)});
  quick.set_format({320, 240, 40ms, 0}, 4);
  EXPECT_EQ(quick.publish(raw()), Outcome::published);
  EXPECT_EQ(ring.newer_than(0)->jpeg().size(), made.size());
}

// Encoder threads get pictures of growing and shrinking size, so that they finish in another order
// than the pictures arrived.
TEST_F(RenditionTest, EncoderThreadsPreserveTheOrder) {
  Rendition pooled(ring, clock, 80, "door", {.encoder_threads = 3});
  pooled.set_format({320, 240, 40ms, 0}, 4);
  std::vector<Canvas> canvases;
  for (int i = 0; i < 4; ++i) {
    canvases.emplace_back(i % 2 == 0 ? 320 : 32, i % 2 == 0 ? 240 : 24);
    canvases.back().fill(rgb(40 + 50 * i, 40 + 50 * i, 40 + 50 * i));
  }
  uint64_t last = 0;
  for (size_t i = 0; i < 200; ++i) {
    const Canvas& canvas_now = canvases[i % 4];
    const Picture picture{
        {},         canvas_now.view(), canvas_now.width(), canvas_now.height(), clock.wall_now(),
        clock.now()};
    EXPECT_EQ(pooled.publish(picture), i == 0 ? Outcome::published : Outcome::queued);
    if (i % 50 == 49) pooled.publish_slate("behind what is in flight");
    if (const FrameRef frame = ring.newer_than(last)) last = frame->sequence();
  }
  pooled.settle();
  const FrameRef frame = ring.newer_than(0);
  EXPECT_EQ(frame->sequence(), 204u);
  EXPECT_EQ(frame->info().slate_reason.view(), "behind what is in flight");
  EXPECT_EQ(ring.stats().encoded.value(), 204u);
  EXPECT_EQ(ring.stats().slates.value(), 4u);
  EXPECT_EQ(ring.stats().encode_time.count(), 204u);
}

// So that the camera is not reported as back before a picture has succeeded.
TEST_F(RenditionTest, EncodesSynchronouslyAfterAFailure) {
  Rendition pooled(ring, clock, 80, "door", {.orientation = {180, false}, .encoder_threads = 2});
  pooled.set_format({320, 240, 40ms, 70'000}, 4);
  const auto cut = std::span(jpeg).first(jpeg.size() - 3);
  EXPECT_EQ(pooled.publish(passed_through(cut)), Outcome::broken)
      << "the first picture of a source";
  EXPECT_EQ(pooled.publish(passed_through(jpeg)), Outcome::published);
  // Broken already if the thread was quick.
  EXPECT_NE(pooled.publish(passed_through(cut)), Outcome::published);
  pooled.settle();
  EXPECT_EQ(ring.stats().dropped_bad.value(), 2u);
  EXPECT_EQ(pooled.publish(passed_through(cut)), Outcome::broken) << "after a broken one";
  EXPECT_EQ(pooled.publish(passed_through(jpeg)), Outcome::published);
  EXPECT_EQ(pooled.publish(passed_through(jpeg)), Outcome::queued);
  pooled.pass_over(passed_through(jpeg));
  EXPECT_EQ(ring.newer_than(0)->sequence(), 6u);
  EXPECT_EQ(pooled.publish(passed_through(jpeg)), Outcome::published) << "after a pause";
  EXPECT_EQ(ring.newer_than(0)->sequence(), 8u);
}

TEST_F(RenditionTest, EncodesSynchronouslyIfTheSourceKeepsOnePicture) {
  Rendition pooled(ring, clock, 80, "door", {.encoder_threads = 2});
  pooled.set_format({320, 240, 40ms, 0}, 1);
  EXPECT_EQ(pooled.publish(raw()), Outcome::published);
  pooled.set_format({320, 240, 40ms, 0}, 2);
  EXPECT_EQ(pooled.publish(raw()), Outcome::published);
  EXPECT_EQ(pooled.publish(raw()), Outcome::queued);
  EXPECT_EQ(pooled.publish(passed_through(jpeg)), Outcome::published) << "a copy needs no thread";
  EXPECT_EQ(ring.newer_than(0)->sequence(), 4u) << "but is published after those in flight";
}

TEST_F(RenditionTest, SlateStatesItsReasonAndCountsAsAFrame) {
  rendition.publish(passed_through(make_jpeg(160, 120, 50)));
  rendition.publish_slate("camera lost: No such device");
  const FrameRef frame = ring.newer_than(1);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->sequence(), 2u);
  EXPECT_EQ(frame->info().slate_reason.view(), "camera lost: No such device");
  EXPECT_EQ(frame->info().width, 160) << "as large as the last picture";
  EXPECT_EQ(decode(frame->jpeg()).height, 120);
  EXPECT_EQ(ring.stats().slates.value(), 1u);
  EXPECT_EQ(ring.stats().captured.value(), 1u);
  EXPECT_EQ(rendition.next_sequence(), 3u);
}

TEST_F(RenditionTest, SlateBeforeTheFirstPictureHasTheSourcesSize) {
  rendition.set_format({240, 180, 40ms, 0});
  rendition.publish_slate("camera gives no pictures");
  EXPECT_EQ(ring.newer_than(0)->info().width, 240);
  EXPECT_EQ(ring.stats().interval_ns.value(), 40'000'000u);
}

// The largest picture of a source, and any slate shown for it, fit into the requested capacity.
TEST(Rendition, CapacitySufficesForPicturesAndSlates) {
  FakeClock clock;
  for (const auto& [width, height, jpeg_bytes] : {std::tuple{1, 1, 700u},
                                                  {64, 48, 0u},
                                                  {160, 120, 0u},
                                                  {1280, 720, 0u},
                                                  {1280, 720, 900u},
                                                  {6000, 4000, 900u},
                                                  {4000, 100, 5000000u}}) {
    const SourceFormat format{width, height, 1s, jpeg_bytes};
    FrameRing ring(
        {.window = 2, .jpeg_capacity = jpeg_capacity_for(format), .memory_limit = 64 << 20});
    EXPECT_GE(ring.jpeg_capacity(), jpeg_bytes + (jpeg_bytes > 0 ? kJpegRepairGrowth : 0));
    EXPECT_LE(ring.jpeg_capacity(), 7u << 20);
    EXPECT_GE(jpeg_capacity_for(format, {90, false}), jpeg_bytes + jpeg_bytes / 4);
    Rendition rendition(ring, clock, 100, "door");
    rendition.set_format(format);
    rendition.publish_slate(std::string(80, 'W'));
    ASSERT_TRUE(ring.newer_than(0)) << width << 'x' << height;
    if (jpeg_bytes == 0) {
      EXPECT_GE(ring.jpeg_capacity(), JpegEncoder::worst_case(width, height, PixelFormat::yuv422));
    }
  }
}

}  // namespace
}  // namespace fanlight
