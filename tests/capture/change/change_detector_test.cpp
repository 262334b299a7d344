// SPDX-License-Identifier: Apache-2.0
#include "capture/change/change_detector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "core/random.h"

namespace fanlight {
namespace {

constexpr int kWidth = 640;
constexpr int kHeight = 480;
constexpr SegmentGrid kGrid{.width = 64, .height = 16, .columns = 10, .rows = 30};
constexpr uint64_t kSeed = 20260605;

// A grey camera that stands still, 30 pictures a second.
class Scene {
 public:
  explicit Scene(double noise, Duration refresh = 1h)
      : detector(refresh), noise_(noise), random_(kSeed), pixels_(size_t(kWidth * kHeight), 100) {
    segments.resize(kGrid.count() + 1);
  }

  void add(int left, int top, int width, int height, double levels) {
    for (int y = top; y < top + height; ++y) {
      for (int x = left; x < left + width; ++x) pixels_[size_t(y * kWidth + x)] += levels;
    }
  }

  void set_noise(double noise) { noise_ = noise; }

  // The next picture; the segments that changed in it.
  std::set<size_t> next(const SegmentGrid& grid = kGrid) {
    std::vector<uint8_t> bytes(pixels_.size());
    for (size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<uint8_t>(std::lround(pixels_[i] + noise_ * normal()));
    }
    RawView raw{.format = PixelFormat::grey};
    raw.planes[0] = bytes.data();
    raw.strides[0] = kWidth;
    cells_.read(raw, kWidth, kHeight);
    ++sequence;
    now += 33ms;
    detector.compare(cells_, grid, sequence, now, segments);
    std::set<size_t> changed;
    for (size_t i = 0; i < grid.count(); ++i) {
      if (segments[i].age == 0) changed.insert(i);
    }
    return changed;
  }

  ChangeDetector detector;
  std::vector<Segment> segments;
  uint64_t sequence = 0;
  Instant now{1000s};

 private:
  // The sum of twelve uniform numbers, less six: close enough to the normal distribution.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += random_.unit();
    return sum;
  }

  double noise_;
  Random random_;
  std::vector<double> pixels_;
  PictureCells cells_;
};

TEST(ChangeDetector, TheFirstPictureIsAllNew) {
  Scene scene(0);
  EXPECT_EQ(scene.next().size(), kGrid.count());
  EXPECT_EQ(scene.next().size(), 0u);
}

TEST(ChangeDetector, NoiseIsNoChange) {
  for (const double noise : {0.0, 1.0, 2.0, 5.0, 10.0}) {
    Scene scene(noise);
    scene.next();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(scene.next().size(), 0u) << noise;
    EXPECT_NEAR(scene.detector.noise(), noise, 0.1 + 0.05 * noise);
  }
}

// What moves is no noise, however much of the picture does.
TEST(ChangeDetector, MovementDoesNotRaiseTheNoise) {
  Scene scene(2);
  for (int i = 0; i < 10; ++i) scene.next();
  for (int i = 0; i < 30; ++i) {
    // Stripes that shift.
    for (int y = 0; y < kHeight; y += 8)
      scene.add(0, y, kWidth, 4, (i + y / 8) % 2 == 0 ? 12 : -12);
    EXPECT_GE(scene.next().size(), kGrid.count() * 95 / 100) << i;
  }
  EXPECT_NEAR(scene.detector.noise(), 2, 0.3);
}

// A level more, in the last row, counts only where much else has changed.
TEST(ChangeDetector, WhileMuchMovesLessIsAChange) {
  constexpr double kFaint = 1;
  static_assert(kFaint * kFaint > ChangeDetector::kMovingLevels);
  static_assert(kFaint * kFaint < ChangeDetector::kSquareLevels);
  for (const int rows : {10, 11}) {  // of 30, in which all ten segments change
    Scene scene(0);
    scene.next();
    scene.add(0, 0, kWidth, rows * kGrid.height, 20);
    scene.add(0, kHeight - kGrid.height, kWidth, kGrid.height, kFaint);
    scene.next();
    EXPECT_EQ(scene.detector.changed(), rows == 10 ? 100u : 120u);
  }
}

// A camera that turns from its first picture on, and does not stop: waves as long as a segment.
TEST(ChangeDetector, MovementIsNotTakenForNoiseWhenAllThatIsSeenMoves) {
  Scene scene(2);
  const auto wave = [](int x, int phase) { return 8 * std::sin(0.1 * x + 2 * phase); };
  for (int i = 0; i < 40; ++i) {
    for (int x = 0; x < kWidth; ++x) {
      scene.add(x, 0, 1, kHeight, wave(x, i) - (i == 0 ? 0 : wave(x, i - 1)));
    }
    EXPECT_GE(scene.next().size(), kGrid.count() * 95 / 100) << i;
    EXPECT_LT(scene.detector.noise(), 4) << i;
    scene.now += 10s;
  }
}

// A drawing is shown, then what a camera sees: that is a change, and not taken for noise at once.
TEST(ChangeDetector, NoiseRisesFromNothingAsSlowly) {
  Scene scene(0);
  scene.next();
  scene.next();
  EXPECT_EQ(scene.detector.noise(), 0);
  scene.set_noise(2);
  scene.next();
  // A twentieth of a level, of the difference of two sums.
  EXPECT_NEAR(scene.detector.noise(), 0.05 * kCellSamples / std::sqrt(2) / kCellSide, 0.001);
}

// Black and white cells in turn, which change places: as noise, differences of more than 16 levels
// count as 16. A difference of three neighbours deviates by the root of six of what one does, and a
// sum of 16 samples by four times what one does.
TEST(ChangeDetector, NoiseIsMeasuredUpToALimit) {
  constexpr double kMedianOfNormal = 0.6745;
  Scene scene(0);
  scene.add(0, 0, kWidth, kHeight, -100);
  for (int x = 0; x < kWidth; x += 8) scene.add(x, 0, 4, kHeight, 255);
  scene.next();
  for (int x = 0; x < kWidth; x += 4) scene.add(x, 0, 4, kHeight, x % 8 == 0 ? -255 : 255);
  scene.next();
  EXPECT_NEAR(scene.detector.noise(), 16 * 16 / kMedianOfNormal / std::sqrt(6) / 4, 0.01);
}

// A room that becomes dark.
TEST(ChangeDetector, NoiseMayRiseSlowly) {
  Scene scene(1);
  scene.next();
  scene.next();
  EXPECT_NEAR(scene.detector.noise(), 1, 0.1);
  scene.set_noise(4);
  for (int i = 0; i < 120; ++i) {
    scene.now += 1s;
    scene.next();
  }
  // Half of the difference is still that of the first picture.
  EXPECT_NEAR(scene.detector.noise(), std::sqrt((1 + 16) / 2.0), 0.2);
  EXPECT_EQ(scene.detector.changed(), 0u);
}

TEST(ChangeDetector, ASmallThingIsSeenWhereItIs) {
  for (const double noise : {0.0, 2.0}) {
    Scene scene(noise);
    scene.next();
    scene.add(130, 35, 6, 6, 30);  // segment 2 of row 2
    EXPECT_EQ(scene.next(), std::set<size_t>{22}) << noise;
    EXPECT_EQ(scene.detector.changed(), 1u);
    scene.add(130, 35, 6, 6, -30);
    EXPECT_EQ(scene.next(), std::set<size_t>{22}) << noise;
  }
}

// Cells are added up in stretches of at most 128.
TEST(ChangeDetector, AWideSegmentIsLookedAtUpToItsEnd) {
  Scene scene(0);
  const SegmentGrid grid{.width = kWidth, .height = 16, .columns = 1, .rows = 30};
  scene.next(grid);
  scene.add(kWidth - 16, 35, 16, 12, 100);
  EXPECT_EQ(scene.next(grid), std::set<size_t>{2});
  scene.add(0, 0, kWidth, 16, 155);  // from 100 to white
  EXPECT_EQ(scene.next(grid), std::set<size_t>{0});
}

// A segment that ends with a stretch and with the picture: nothing beyond it is looked at.
TEST(ChangeDetector, AStretchMayEndWithThePicture) {
  constexpr int kPixels = 4 * 128;
  std::vector<uint8_t> bytes(kPixels * 16, 100);
  RawView raw{.format = PixelFormat::grey};
  raw.planes[0] = bytes.data();
  raw.strides[0] = kPixels;
  PictureCells cells;
  std::vector<Segment> segments(2);
  ChangeDetector detector(1h);
  for (const uint64_t sequence : {1u, 2u}) {
    cells.read(raw, kPixels, 16);
    detector.compare(cells, {kPixels, 16, 1, 1}, sequence, Instant{1s}, segments);
    EXPECT_EQ(segments[0].age, sequence - 1);
  }
  std::fill(bytes.end() - 16, bytes.end(), 255);
  cells.read(raw, kPixels, 16);
  detector.compare(cells, {kPixels, 16, 1, 1}, 3, Instant{1s}, segments);
  EXPECT_EQ(detector.changed(), 1u);
}

TEST(ChangeDetector, WhatCrossesABorderChangesBothSides) {
  Scene scene(0);
  scene.next();
  scene.add(60, 12, 8, 8, 50);
  EXPECT_EQ(scene.next(), (std::set<size_t>{0, 1, 10, 11}));
}

// One level in 40 pictures: the difference to what viewers have grows until it is seen.
TEST(ChangeDetector, SlowChangesAddUp) {
  Scene scene(2);
  scene.next();
  size_t seen = 0;
  for (int i = 0; i < 100; ++i) {
    scene.add(0, 0, kWidth, kHeight, 0.025);
    seen += scene.next().size();
  }
  EXPECT_GE(seen, kGrid.count());
  EXPECT_LE(seen, 2 * kGrid.count());
}

// A thing of one cell: its square is spread over the 64 of the segment.
TEST(ChangeDetector, SquaresDecide) {
  Scene scene(0);
  const double limit = std::sqrt(ChangeDetector::kSquareLevels * 64);
  scene.next();
  scene.add(8, 8, 4, 4, std::floor(limit) - 1);
  EXPECT_EQ(scene.next().size(), 0u);
  scene.add(8, 8, 4, 4, 2);
  EXPECT_EQ(scene.next(), std::set<size_t>{0});
}

// Six cells, none of which is among those that show the noise, so that it is exactly 0.
TEST(ChangeDetector, OnlyMoreThanTheLimitIsAChange) {
  static_assert(16 * 16 + 5 * 5 + 2 * 2 + 3 * 1 == ChangeDetector::kSquareLevels * 64);
  Scene scene(0);
  scene.next();
  for (const auto& [cell, levels] : {std::pair{1, 16}, {2, -5}, {3, -2}, {4, -1}, {6, 1}, {7, 1}}) {
    scene.add(4 * cell, 0, 4, 4, levels);
  }
  EXPECT_EQ(scene.next().size(), 0u);
  scene.add(32, 0, 1, 1, 1);
  EXPECT_EQ(scene.next(), std::set<size_t>{0});
}

// A segment that becomes a little lighter: its squares are below their limit.
TEST(ChangeDetector, OnlyMoreThanTheLimitOfTheMeanIsAChange) {
  constexpr double kMean = ChangeDetector::kMeanLevels;
  static_assert(kMean * kMean < ChangeDetector::kSquareLevels - 0.1);
  Scene scene(0);
  scene.next();
  scene.add(0, 0, kGrid.width, kGrid.height, kMean);
  EXPECT_EQ(scene.next().size(), 0u);
  scene.add(8, 8, 1, 1, 1);
  EXPECT_EQ(scene.next(), std::set<size_t>{0});
}

// Chroma has its own noise, and what changes only in its last plane is seen.
TEST(ChangeDetector, ColoursAreLookedAtToo) {
  constexpr SegmentGrid kWide{.width = 128, .height = 32, .columns = 5, .rows = 15};
  Random random(kSeed);
  const std::vector<uint8_t> luma(size_t(kWidth * kHeight), 100);
  std::vector<uint8_t> blue(luma.size() / 4), red(luma.size() / 4);
  RawView raw{.format = PixelFormat::yuv420};
  raw.planes = {luma.data(), blue.data(), red.data()};
  raw.strides = {kWidth, kWidth / 2, kWidth / 2};
  PictureCells cells;
  ChangeDetector detector(1h);
  std::vector<Segment> segments(kWide.count() + 1);
  Instant now{1000s};
  for (uint64_t sequence = 1; sequence <= 11; ++sequence) {
    for (uint8_t& sample : blue) sample = static_cast<uint8_t>(100 + random.below(28));
    for (uint8_t& sample : red) sample = static_cast<uint8_t>(100 + random.below(28));
    for (int y = 0; sequence >= 10 && y < kWide.height / 2; ++y) {
      for (int x = 0; x < kWide.width / 2; ++x) red[size_t(y * kWidth / 2 + x)] += 10;
    }
    cells.read(raw, kWidth, kHeight);
    detector.compare(cells, kWide, sequence, now += 33ms, segments);
    EXPECT_EQ(detector.changed(), sequence == 10 ? 1u : 0u) << sequence;
  }
  EXPECT_EQ(segments[0].age, 1u);
}

TEST(ChangeDetector, EverySegmentIsRenewedInTurnAndEvenly) {
  Scene scene(0, 4s);
  scene.next();
  for (int i = 0; i < 300; ++i) {
    const size_t due = scene.next().size();
    EXPECT_GE(due, 1u);  // 300 segments in 121 pictures
    EXPECT_LE(due, 6u);
    for (size_t segment = 0; segment < kGrid.count(); ++segment) {
      ASSERT_LE(scene.segments[segment].age, 122u) << segment;
    }
  }
  EXPECT_EQ(scene.detector.changed(), 0u);
}

TEST(ChangeDetector, WhatChangesAnywayIsNotRenewedAsWell) {
  Scene scene(0, 4s);
  scene.next();
  size_t changed = 0;
  for (int i = 0; i < 300; ++i) {
    scene.add(0, 0, kWidth, 16, i % 2 == 0 ? 20 : -20);
    changed += scene.next().size();
  }
  EXPECT_EQ(scene.detector.changed(), 10u);
  // The first row's, and those of the others, less than three times in 9.9 s.
  EXPECT_GE(changed, 300u * 10 + 2 * 290);
  EXPECT_LT(changed, 300u * 10 + 3 * 290);
}

// After a pause everything is due, and nothing more than that.
TEST(ChangeDetector, APauseMakesAllDueOnce) {
  Scene scene(0, 4s);
  scene.next();
  scene.now += 1min;
  EXPECT_EQ(scene.next().size(), kGrid.count());
  for (int i = 0; i < 150; ++i) EXPECT_LE(scene.next().size(), 6u) << i;
}

// Light goes on: what follows is renewed as evenly as ever.
TEST(ChangeDetector, AChangeOfEverythingDoesNotBunchRenewals) {
  Scene scene(0, 4s);
  for (int i = 0; i < 50; ++i) scene.next();
  scene.add(0, 0, kWidth, kHeight, 30);
  EXPECT_EQ(scene.next().size(), kGrid.count());
  for (int i = 0; i < 150; ++i) {
    EXPECT_LE(scene.next().size(), 6u) << i;
    for (const Segment& segment : std::span(scene.segments).first(kGrid.count())) {
      ASSERT_LE(segment.age, 122u);
    }
  }
}

TEST(ChangeDetector, AnotherGridOrAResetBeginsAnew) {
  Scene scene(0);
  scene.next();
  const SegmentGrid wide{.width = 128, .height = 16, .columns = 5, .rows = 30};
  EXPECT_EQ(scene.next(wide).size(), wide.count());
  EXPECT_EQ(scene.next(wide).size(), 0u);
  scene.detector.reset();
  EXPECT_EQ(scene.next(wide).size(), wide.count());
}

// Sequence numbers have gaps where pictures were dropped.
TEST(ChangeDetector, AgesCountSequenceNumbers) {
  Scene scene(0);
  scene.next();
  scene.sequence += 10;
  scene.next();
  EXPECT_EQ(scene.segments[0].age, 11u);
}

}  // namespace
}  // namespace fanlight
