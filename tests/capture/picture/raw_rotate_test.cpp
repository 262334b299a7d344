// SPDX-License-Identifier: Apache-2.0
#include "capture/picture/raw_rotate.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/capture/picture/raw_picture.h"

namespace fanlight {
namespace {

constexpr std::pair<int, int> kSizes[] = {{64, 48}, {1, 1}, {7, 5}, {33, 18}, {2, 40}};

std::vector<Orientation> all_orientations() {
  std::vector<Orientation> all;
  for (const int rotate : {0, 90, 180, 270}) {
    for (const bool mirror : {false, true}) all.push_back({rotate, mirror});
  }
  return all;
}

// The origin of the sample at (x, y) of the turned plane, step by step: first undoes the mirroring,
// then one quarter turn after another. The size is that of the turned plane.
std::pair<int, int> origin_of(int x, int y, int width, int height, Orientation orientation) {
  if (orientation.mirror) x = width - 1 - x;
  for (int turned = 0; turned < orientation.rotate; turned += 90) {
    // A quarter turn clockwise moves the sample at (x, y) to (old height - 1 - y, x).
    const int old_height = width;
    std::tie(x, y) = std::pair{y, old_height - 1 - x};
    std::swap(width, height);
  }
  return {x, y};
}

int at(const RawView& view, size_t plane, int x, int y) {
  return view.planes[plane][y * ptrdiff_t{view.strides[plane]} + x];
}

void expect_turned(const RawView& out, const RawView& in, size_t plane, int width, int height,
                   Orientation orientation) {
  const auto [new_width, new_height] = orientation.size_of(width, height);
  for (int y = 0; y < new_height; ++y) {
    for (int x = 0; x < new_width; ++x) {
      const auto [from_x, from_y] = origin_of(x, y, new_width, new_height, orientation);
      ASSERT_EQ(at(out, plane, x, y), at(in, plane, from_x, from_y))
          << "plane " << plane << ", " << width << 'x' << height << ", " << orientation.rotate
          << " degrees" << (orientation.mirror ? ", mirrored" : "");
    }
  }
}

TEST(RawRotator, RotatesClockwise) {
  RawPicture picture(PixelFormat::grey, 4, 2);
  picture.fill_with_ramp();  // 0 1 2 3 in both rows
  RawRotator rotator;
  const auto column = [&](Orientation orientation) {
    const RawView out = rotator.turn(picture.view(), 4, 2, orientation);
    return std::vector{at(out, 0, 0, 0), at(out, 0, 0, 1), at(out, 0, 0, 2), at(out, 0, 0, 3)};
  };
  EXPECT_EQ(column({90, false}), (std::vector{0, 1, 2, 3})) << "the left edge becomes the top";
  EXPECT_EQ(column({270, false}), (std::vector{3, 2, 1, 0}));
  EXPECT_EQ(at(rotator.turn(picture.view(), 4, 2, {0, true}), 0, 0, 0), 3);
  EXPECT_EQ(at(rotator.turn(picture.view(), 4, 2, {180, true}), 0, 0, 0), 0) << "upside down";
}

TEST(RawRotator, RotatesEveryPlaneInEveryDirection) {
  RawRotator rotator;
  for (const auto& [width, height] : kSizes) {
    for (const Orientation orientation : all_orientations()) {
      const RawPicture grey(PixelFormat::grey, width, height);
      expect_turned(rotator.turn(grey.view(), width, height, orientation), grey.view(), 0, width,
                    height, orientation);
      const RawPicture picture(PixelFormat::yuv420, width, height);
      const RawView out = rotator.turn(picture.view(), width, height, orientation);
      ASSERT_EQ(out.format, PixelFormat::yuv420);
      expect_turned(out, picture.view(), 0, width, height, orientation);
      for (const size_t plane : {1u, 2u}) {
        expect_turned(out, picture.view(), plane, (width + 1) / 2, (height + 1) / 2, orientation);
      }
    }
  }
}

TEST(RawRotator, HalfTurnsKeep422) {
  RawRotator rotator;
  const RawPicture picture(PixelFormat::yuv422, 34, 17);
  for (const Orientation orientation : {Orientation{180, false}, {0, true}, {180, true}}) {
    const RawView out = rotator.turn(picture.view(), 34, 17, orientation);
    ASSERT_EQ(out.format, PixelFormat::yuv422);
    for (const size_t plane : {1u, 2u})
      expect_turned(out, picture.view(), plane, 17, 17, orientation);
  }
}

TEST(RawRotator, QuarterTurnsMake420From422) {
  RawRotator rotator;
  for (const int height : {18, 17, 1}) {
    const RawPicture picture(PixelFormat::yuv422, 34, height);
    const RawView in = picture.view();
    const RawView out = rotator.turn(in, 34, height, {90, false});
    ASSERT_EQ(out.format, PixelFormat::yuv420);
    expect_turned(out, in, 0, 34, height, {90, false});
    const int rows = (height + 1) / 2;
    for (int y = 0; y < 17; ++y) {
      for (int x = 0; x < rows; ++x) {
        const int row = 2 * (rows - 1 - x);
        const int mean = (at(in, 1, y, row) + at(in, 1, y, std::min(row + 1, height - 1)) + 1) / 2;
        ASSERT_EQ(at(out, 1, x, y), mean) << x << ',' << y << " of height " << height;
      }
    }
  }
}

// As RawView requires: TurboJPEG reads that far.
TEST(RawRotator, PadsEdgesWithTheirNeighbours) {
  RawRotator rotator;
  const RawPicture picture(PixelFormat::yuv420, 7, 5);
  const RawView out = rotator.turn(picture.view(), 7, 5, {90, false});
  EXPECT_EQ(at(out, 0, 5, 3), at(out, 0, 4, 3));
  EXPECT_EQ(at(out, 0, 2, 7), at(out, 0, 2, 6));
  EXPECT_EQ(at(out, 0, 5, 7), at(out, 0, 4, 6));
}

TEST(RawRotator, KeepsPackedPixelsIntact) {
  RawRotator rotator;
  for (const PixelFormat format : {PixelFormat::bgr, PixelFormat::xrgb}) {
    const int bytes = format == PixelFormat::bgr ? 3 : 4;
    const RawPicture picture(format, 20, 10);
    for (const Orientation orientation : all_orientations()) {
      const auto [width, height] = orientation.size_of(20, 10);
      const RawView out = rotator.turn(picture.view(), 20, 10, orientation);
      ASSERT_EQ(out.format, format);
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          const auto [from_x, from_y] = origin_of(x, y, width, height, orientation);
          for (int byte = 0; byte < bytes; ++byte) {
            ASSERT_EQ(at(out, 0, x * bytes + byte, y),
                      at(picture.view(), 0, from_x * bytes + byte, from_y));
          }
        }
      }
    }
  }
}

TEST(RawRotatorDeathTest, UnconvertedInputAborts) {
  RawRotator rotator;
  const RawPicture picture(PixelFormat::nv12, 20, 10);
  EXPECT_DEATH(rotator.turn(picture.view(), 20, 10, {90, false}), "rgb");
}

}  // namespace
}  // namespace fanlight
