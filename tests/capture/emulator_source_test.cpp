// SPDX-License-Identifier: Apache-2.0
#include "capture/emulator_source.h"

#include <gtest/gtest.h>

#include <cmath>

#include "capture/jpeg_check.h"
#include "tests/capture/test_camera.h"

namespace fanlight {
namespace {

// Mean difference of brightness.
double difference(const Brightness& a, const Brightness& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

TEST(EmulatorSource, GivesThreePicturesInTurnOneASecond) {
  FakeClock clock;
  EmulatorSource source({}, clock);
  EXPECT_EQ(source.format().interval, 1s);
  std::vector<Bytes> seen;
  for (int i = 0; i < 7; ++i) {
    const auto picture = source.next(kNever);
    ASSERT_TRUE(picture);
    EXPECT_EQ(clock.now(), FakeClock::kStart + i * 1s);
    EXPECT_EQ(picture->captured_at, clock.now());
    EXPECT_EQ(picture->captured_wall, clock.wall_now());
    EXPECT_EQ(picture->width, 640);
    EXPECT_EQ(picture->height, 480);
    ASSERT_TRUE(picture->is_jpeg());
    const JpegCheck check = check_jpeg(picture->jpeg);
    EXPECT_TRUE(check.ok()) << check.problem;
    EXPECT_EQ(check.width, 640);
    EXPECT_LE(picture->jpeg.size(), source.format().jpeg_bytes_max);
    seen.emplace_back(picture->jpeg.begin(), picture->jpeg.end());
  }
  for (size_t i = 3; i < seen.size(); ++i) EXPECT_EQ(seen[i], seen[i - 3]);
  const Brightness one = decode(seen[0]);
  const Brightness two = decode(seen[1]);
  const Brightness three = decode(seen[2]);
  EXPECT_GT(difference(one, two), 10);
  EXPECT_GT(difference(two, three), 10);
  EXPECT_GT(difference(one, three), 10);
}

// Where a stroke of the digit is and where it is not, in the middle row of each picture.
TEST(EmulatorSource, TheDigitsCanBeTold) {
  FakeClock clock;
  EmulatorSource source({}, clock);
  const Brightness one = decode(source.next(kNever)->jpeg);
  const Brightness two = decode(source.next(kNever)->jpeg);
  const Brightness three = decode(source.next(kNever)->jpeg);
  const int stem = 329;  // of the 1
  EXPECT_GT(one.at(stem, 200), 245);
  EXPECT_LT(two.at(stem, 130), 200);
  EXPECT_GT(two.at(stem, 330), 245) << "the foot of the 2";
  EXPECT_GT(three.at(382, 140), 245) << "the upper bow of the 3";
  EXPECT_GT(three.at(389, 265), 245) << "the lower bow of the 3";
  EXPECT_LT(one.at(389, 265), 200);
  EXPECT_LT(two.at(400, 265), 200);
}

TEST(EmulatorSource, HearsRateAndSize) {
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
  EXPECT_EQ(decode(picture->jpeg).width, 161);
}

TEST(EmulatorSource, HeedsTheDeadlineAndTheStop) {
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
