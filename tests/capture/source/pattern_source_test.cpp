// SPDX-License-Identifier: Apache-2.0
#include "capture/source/pattern_source.h"

#include <gtest/gtest.h>

#include "capture/camera/rendition.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

SourceOptions with(int width, int height, uint64_t first_sequence) {
  SourceOptions options;
  options.width = width;
  options.height = height;
  options.first_sequence = first_sequence;
  return options;
}

TEST(PatternSource, StripCountsFromTheFirstSequence) {
  FakeClock clock;
  PatternSource source(with(0, 0, 65530), clock);
  EXPECT_EQ(source.format().width, 640);
  EXPECT_EQ(source.format().height, 480);
  for (uint32_t i = 0; i < 12; ++i) {
    const auto picture = source.next(kNever);
    ASSERT_TRUE(picture);
    EXPECT_FALSE(picture->is_jpeg());
    EXPECT_EQ(read_strip(luma_of(*picture)), (65530 + i) & 0xffff);
  }
}

TEST(PatternSource, StripIsPureBlackAndWhiteUpToItsEdges) {
  FakeClock clock;
  PatternSource source(with(800, 600, 0xa5c3), clock);
  const auto picture = source.next(kNever);
  const Brightness luma = luma_of(*picture);
  EXPECT_EQ(strip_height(600), 37);
  for (int y = 0; y < strip_height(600); ++y) {
    for (int x = 0; x < 800; ++x) {
      const int block = x / 40;
      const int expected = luma.at(block * 40 + 20, 10);
      ASSERT_TRUE(expected == 0 || expected == 255);
      ASSERT_EQ(luma.at(x, y), expected) << x << ',' << y;
    }
  }
  EXPECT_EQ(luma.at(20, 10), 255);
  EXPECT_EQ(luma.at(60, 10), 0);
  EXPECT_EQ(luma.at(780, 10), 255);
}

TEST(PatternSource, StripIsReadableAtTheWorstQualityAndAnySize) {
  FakeClock clock;
  for (const auto& [width, height] :
       {std::pair{160, 120}, {161, 121}, {320, 240}, {641, 481}, {1280, 720}, {1920, 1080}}) {
    PatternSource source(with(width, height, 0x7a31), clock);
    FrameRing ring({.window = 2,
                    .jpeg_capacity = jpeg_capacity_for(source.format()),
                    .memory_limit = 64 << 20});
    Rendition rendition(ring, clock, 1, "pattern");
    for (uint32_t i = 0; i < 3; ++i) {
      const auto picture = source.next(kNever);
      ASSERT_EQ(rendition.publish(picture.value()), Rendition::Outcome::published);
      const Brightness decoded = decode(ring.newer_than(0)->jpeg());
      EXPECT_EQ(read_strip(decoded), 0x7a31 + i) << width << 'x' << height;
    }
  }
}

// The same number and time give the same picture, whatever was drawn before: moving parts leave no
// traces.
TEST(PatternSource, RedrawsEverythingThatChanges) {
  FakeClock clock;
  PatternSource experienced(with(320, 240, 100), clock);
  for (int i = 0; i < 77; ++i) ASSERT_TRUE(experienced.next(kNever));
  const auto old_hand = experienced.next(kNever);
  PatternSource fresh(with(320, 240, 177), clock);
  const auto newcomer = fresh.next(kNever);
  EXPECT_EQ(luma_of(*old_hand).pixels, luma_of(*newcomer).pixels);
}

TEST(PatternSource, ShowsTheTimeAndMoves) {
  FakeClock clock;
  const auto first = luma_of(*PatternSource(with(320, 240, 9), clock).next(kNever));
  clock.advance(1ms);
  const auto later = luma_of(*PatternSource(with(320, 240, 9), clock).next(kNever));
  const auto other = luma_of(*PatternSource(with(320, 240, 10), clock).next(kNever));
  EXPECT_NE(first.pixels, later.pixels) << "a millisecond later";
  const auto track = [](const Brightness& picture) {
    return std::vector<uint8_t>(picture.pixels.begin() + 320 * 195,
                                picture.pixels.begin() + 320 * 196);
  };
  EXPECT_EQ(track(first), track(later));
  EXPECT_NE(track(later), track(other)) << "the runner";
}

TEST(PatternSource, StampsPicturesWithTheTimeItDraws) {
  FakeClock clock;
  SourceOptions options = with(160, 120, 1);
  options.fps = 25;
  PatternSource source(options, clock);
  for (int i = 0; i < 3; ++i) {
    const auto picture = source.next(kNever);
    EXPECT_EQ(picture->captured_at, FakeClock::kStart + i * 40ms);
    EXPECT_EQ(picture->captured_wall, clock.wall_now());
  }
  EXPECT_FALSE(source.next(clock.now() + 39ms));
}

TEST(PatternSource, CountsFromWhereItIsTold) {
  FakeClock clock;
  PatternSource source(with(0, 0, 1), clock);
  source.number_from(4711);
  EXPECT_EQ(read_strip(luma_of(*source.next(kNever))), 4711u);
  EXPECT_EQ(read_strip(luma_of(*source.next(kNever))), 4712u);
}

}  // namespace
}  // namespace fanlight
