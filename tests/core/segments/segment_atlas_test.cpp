// SPDX-License-Identifier: Apache-2.0
#include "core/segments/segment_atlas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/segments/find_segments.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"
#include "tests/core/segments/divided_picture.h"

namespace fanlight {
namespace {

std::vector<size_t> numbers_in(const Runs& runs) {
  std::vector<size_t> numbers;
  for (const SegmentRun& run : runs) {
    for (size_t i = 0; i < run.count; ++i) numbers.push_back(run.first + i);
  }
  return numbers;
}

// Every pixel of a segment that is in the picture is as in the picture.
void expect_pixels(const Brightness& atlas, const Brightness& whole, const SegmentGrid& grid,
                   const std::vector<size_t>& numbers) {
  const AtlasShape shape = atlas_shape(numbers.size(), grid);
  ASSERT_EQ(atlas.width, static_cast<int>(shape.columns) * grid.width);
  ASSERT_EQ(atlas.height, static_cast<int>(shape.rows) * grid.height);
  const auto across = static_cast<size_t>(grid.columns);
  for (size_t i = 0; i < numbers.size(); ++i) {
    const int from_x = static_cast<int>(i % shape.columns) * grid.width;
    const int from_y = static_cast<int>(i / shape.columns) * grid.height;
    const int to_x = static_cast<int>(numbers[i] % across) * grid.width;
    const int to_y = static_cast<int>(numbers[i] / across) * grid.height;
    const int width = std::min(grid.width, whole.width - to_x);
    const int height = std::min(grid.height, whole.height - to_y);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        ASSERT_EQ(atlas.at(from_x + x, from_y + y), whole.at(to_x + x, to_y + y))
            << "segment " << numbers[i] << " at " << x << ", " << y;
      }
    }
  }
}

TEST(SegmentAtlas, IsNoLargerThanPermittedAndHasFewRepeats) {
  const SegmentGrid grid{.width = 64, .height = 16, .columns = 20, .rows = 45};
  const SegmentGrid flat{.width = 96, .height = 8, .columns = 14, .rows = 90};
  for (size_t count = 1; count <= flat.count(); ++count) {
    const bool is_flat = count > grid.count() || count % 2 == 0;
    const AtlasShape shape = atlas_shape(count, is_flat ? flat : grid);
    const size_t lines = is_flat ? shape.columns : shape.rows;
    ASSERT_EQ(lines, is_flat ? (count + 1023) / 1024 : (count + 127) / 128);
    ASSERT_LE(is_flat ? shape.rows * 8 : shape.columns * 64, size_t{kAtlasSideMax});
    ASSERT_GE(shape.columns * shape.rows, count);
    ASSERT_LT(shape.columns * shape.rows - count, lines);
  }
}

TEST(SegmentAtlas, ShowsThePixelsOfItsSegments) {
  constexpr uint64_t kSeed = 20260602;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  const JpegKind yuv422{.sampling = {{2, 1}, {1, 1}, {1, 1}}};
  const JpegKind yuv444{.sampling = {{1, 1}, {1, 1}, {1, 1}}};
  const JpegKind optimized{.is_optimized = true};
  const JpegKind grey{.colours = JCS_GRAYSCALE, .sampling = {{1, 1}}};
  for (const auto& [width, height] : {std::pair{640, 480}, {801, 133}, {1366, 40}, {50, 50}}) {
    for (const JpegKind& kind : {JpegKind{}, yuv422, yuv444, optimized, grey}) {
      const int channels = kind.colours == JCS_GRAYSCALE ? 1 : 3;
      const Divided picture(encode_pixels(shades(width, height, channels), kind));
      const Brightness whole = decode(picture.index.jpeg);
      for (const double density : {0.0, 0.02, 0.3, 1.0}) {
        const Runs runs = random_runs(random, picture.index.grid, density);
        const Bytes atlas = atlas_of(picture.index, runs);
        expect_pixels(decode(atlas), whole, picture.index.grid, numbers_in(runs));
      }
    }
  }
}

TEST(SegmentAtlas, TakesTheBytesOfItsSegmentsUnchanged) {
  const Divided picture(noise_jpeg(640, 96, 5));
  const Runs runs{{3, 1}, {7, 9}, {40, 13}};
  const Bytes atlas = atlas_of(picture.index, runs);
  std::vector<Segment> segments(kSegmentsMax + 1);
  SegmentIndex index{.jpeg = {reinterpret_cast<const char*>(atlas.data()), atlas.size()}};
  ASSERT_TRUE(find_segments(atlas, index.grid, segments));
  EXPECT_EQ(index.grid, (SegmentGrid{64, 16, 23, 1}));
  index.segments = segments;
  const std::vector<size_t> numbers = numbers_in(runs);
  for (size_t i = 0; i < index.grid.count(); ++i) {
    const size_t number = numbers[std::min(i, numbers.size() - 1)];
    EXPECT_EQ(index.bytes_of(i), picture.index.bytes_of(number)) << i;
  }
}

TEST(SegmentAtlas, RepeatsTheLastSegmentToFillARow) {
  const Divided picture(noise_jpeg(1280, 720, 8));
  const Bytes atlas = atlas_of(picture.index, {{0, 255}});
  std::vector<Segment> segments(kSegmentsMax + 1);
  SegmentIndex index{.jpeg = {reinterpret_cast<const char*>(atlas.data()), atlas.size()}};
  ASSERT_TRUE(find_segments(atlas, index.grid, segments));
  index.segments = segments;
  ASSERT_EQ(index.grid, (SegmentGrid{64, 16, 128, 2}));
  EXPECT_EQ(index.bytes_of(254), picture.index.bytes_of(254));
  EXPECT_EQ(index.bytes_of(255), picture.index.bytes_of(254));
}

TEST(SegmentAtlas, OfAllSegmentsOfARowIsThePicture) {
  const Divided picture(noise_jpeg(640, 16, 6));
  EXPECT_EQ(atlas_of(picture.index, {{0, 10}}), picture.jpeg);
}

TEST(SegmentAtlasDeathTest, ASegmentOutsideThePictureAborts) {
  const Divided picture(noise_jpeg(64, 32, 7));
  char out[1 << 16];
  EXPECT_DEATH(write_atlas(picture.index, Runs{{1, 2}}, out), "CHECK");
}

}  // namespace
}  // namespace fanlight
