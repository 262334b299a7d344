// SPDX-License-Identifier: Apache-2.0
#include "capture/source/emulator_source.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

// Mean difference in brightness.
double difference(const Brightness& a, const Brightness& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

TEST(EmulatorSource, CyclesThroughThreePicturesAtOneFps) {
  FakeClock clock;
  EmulatorSource source({}, clock);
  EXPECT_EQ(source.format().interval, 1s);
  std::vector<Brightness> seen;
  for (int i = 0; i < 7; ++i) {
    const auto picture = source.next(kNever);
    ASSERT_TRUE(picture);
    EXPECT_EQ(clock.now(), FakeClock::kStart + i * 1s);
    EXPECT_EQ(picture->captured_at, clock.now());
    EXPECT_EQ(picture->captured_wall, clock.wall_now());
    EXPECT_EQ(picture->width, 640);
    EXPECT_EQ(picture->height, 480);
    EXPECT_FALSE(picture->is_jpeg());
    seen.push_back(luma_of(*picture));
  }
  for (size_t i = 3; i < seen.size(); ++i) EXPECT_EQ(seen[i].pixels, seen[i - 3].pixels);
  EXPECT_GT(difference(seen[0], seen[1]), 10);
  EXPECT_GT(difference(seen[1], seen[2]), 10);
  EXPECT_GT(difference(seen[0], seen[2]), 10);
}

// Compares points on a stroke of the digit with points off it, in each picture.
TEST(EmulatorSource, DigitsAreDistinguishable) {
  FakeClock clock;
  EmulatorSource source({}, clock);
  const Brightness one = luma_of(*source.next(kNever));
  const Brightness two = luma_of(*source.next(kNever));
  const Brightness three = luma_of(*source.next(kNever));
  const int stem = 329;  // of the 1
  EXPECT_GT(one.at(stem, 200), 245);
  EXPECT_LT(two.at(stem, 130), 200);
  EXPECT_GT(two.at(stem, 330), 245) << "the foot of the 2";
  EXPECT_GT(three.at(382, 140), 245) << "the upper bow of the 3";
  EXPECT_GT(three.at(389, 265), 245) << "the lower bow of the 3";
  EXPECT_LT(one.at(389, 265), 200);
  EXPECT_LT(two.at(400, 265), 200);
}

TEST(EmulatorSource, AppliesRateAndSize) {
  FakeClock clock;
  SourceOptions options;
  options.fps = 20;
  options.width = 161;
  options.height = 121;
  EmulatorSource source(options, clock);
  ASSERT_TRUE(source.next(kNever));
  const auto picture = source.next(kNever);
  ASSERT_TRUE(picture);
  EXPECT_EQ(clock.now(), FakeClock::kStart + 50ms);
  EXPECT_EQ(picture->width, 161);
  EXPECT_EQ(luma_of(*picture).width, 161);
}

TEST(EmulatorSource, ObservesDeadlineAndStop) {
  FakeClock clock;
  EmulatorSource source({}, clock);
  ASSERT_TRUE(source.next(kNever));
  EXPECT_FALSE(source.next(FakeClock::kStart + 100ms));
  EXPECT_EQ(clock.now(), FakeClock::kStart + 100ms);
  EXPECT_TRUE(source.next(kNever));
  EXPECT_EQ(clock.now(), FakeClock::kStart + 1s);
  clock.stop_at(1500ms);
  EXPECT_FALSE(source.next(kNever));
  EXPECT_EQ(clock.now(), FakeClock::kStart + 1500ms);
}

}  // namespace
}  // namespace fanlight
