// SPDX-License-Identifier: Apache-2.0
#include "capture/change/picture_cells.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/random.h"
#include "tests/capture/picture/raw_picture.h"

namespace fanlight {
namespace {

// A plane of noise, `step` bytes for each sample, and the view of it as a picture.
struct NoisePlane {
  NoisePlane(PixelFormat format, int width_in, int height_in, int step_in)
      : width(width_in), height(height_in), step(step_in), stride(width_in * step_in + 5) {
    bytes.resize(size_t(stride) * size_t(height));
    Random random(20260604);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
    view.format = format;
    view.planes = {bytes.data(), bytes.data(), bytes.data()};
    view.strides = {stride, stride, stride};
  }

  int sum(int column, int row, int offset) const {
    int total = 0;
    for (int y = row * 4; y < std::min(row * 4 + 4, height); ++y) {
      for (int x = column * 4; x < std::min(column * 4 + 4, width); ++x) {
        total += bytes[size_t(y * stride + x * step + offset)];
      }
    }
    return total;
  }

  void expect_sums(const CellPlane& plane, int offset) const {
    ASSERT_EQ(plane.columns, (width + 3) / 4);
    ASSERT_EQ(plane.rows, (height + 3) / 4);
    for (int row = 0; row < plane.rows; ++row) {
      for (int column = 0; column < plane.columns; ++column) {
        ASSERT_EQ(plane.sums[size_t(row * plane.columns + column)], sum(column, row, offset))
            << column << ", " << row;
      }
    }
  }

  int width, height, step, stride;
  std::vector<uint8_t> bytes;
  RawView view;
};

TEST(PictureCells, AreTheSumsOfFourByFourSamples) {
  PictureCells cells;
  for (const auto& [width, height] : {std::pair{64, 48}, {1, 1}, {4, 5}, {33, 7}, {2'050, 9}}) {
    const NoisePlane grey(PixelFormat::grey, width, height, 1);
    cells.read(grey.view, width, height);
    EXPECT_EQ(cells.count, 1u);
    grey.expect_sums(cells.planes[0], 0);
  }
}

TEST(PictureCells, ASumOfWhiteFits) {
  const std::vector<uint8_t> white(64, 255);
  RawView raw{.format = PixelFormat::grey};
  raw.planes[0] = white.data();
  raw.strides[0] = 8;
  PictureCells cells;
  cells.read(raw, 8, 8);
  EXPECT_EQ(cells.planes[0].sums, std::vector<int16_t>(4, 16 * 255));
}

TEST(PictureCells, ColoursAreReadWhereTheyAreGreenFirst) {
  for (const auto& [format, bytes, offsets] : {std::tuple{PixelFormat::rgb, 3, std::array{1, 0, 2}},
                                               {PixelFormat::bgr, 3, {1, 0, 2}},
                                               {PixelFormat::rgbx, 4, {1, 0, 2}},
                                               {PixelFormat::bgrx, 4, {1, 0, 2}},
                                               {PixelFormat::xrgb, 4, {2, 1, 3}},
                                               {PixelFormat::xbgr, 4, {2, 1, 3}}}) {
    const NoisePlane packed(format, 37, 10, bytes);
    PictureCells cells;
    cells.read(packed.view, 37, 10);
    ASSERT_EQ(cells.count, 3u);
    for (size_t i = 0; i < 3; ++i) packed.expect_sums(cells.planes[i], offsets[i]);
  }
}

TEST(PictureCells, ChromaHasCellsOfEightPixelsWhereItIsSubsampled) {
  PictureCells cells;
  cells.read(RawPicture(PixelFormat::yuv420, 66, 34).view(), 66, 34);
  EXPECT_EQ(cells.planes[0].columns, 17);
  EXPECT_EQ(cells.planes[1].columns, 9);
  EXPECT_EQ(cells.planes[1].rows, 5);
  EXPECT_EQ(cells.planes[2].pixels_across, 8);
  EXPECT_EQ(cells.planes[2].pixels_down, 8);
  PictureCells other;
  other.read(RawPicture(PixelFormat::yuv422, 66, 34).view(), 66, 34);
  EXPECT_EQ(other.planes[1].rows, 9);
  EXPECT_EQ(other.planes[1].pixels_across, 8);
  EXPECT_EQ(other.planes[1].pixels_down, 4);
  EXPECT_FALSE(other.has_shape_of(cells));
  EXPECT_TRUE(other.has_shape_of(other));
}

}  // namespace
}  // namespace fanlight
