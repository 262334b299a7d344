// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/coefficient_cells.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "capture/jpeg/jpeg_encoder.h"
#include "capture/jpeg/jpeg_transform.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"
#include "tests/capture/picture/raw_picture.h"

namespace fanlight {
namespace {

// No cells if the JPEG has none that could be compared.
PictureCells cells_of(const Bytes& jpeg) {
  PictureCells cells;
  return read_jpeg_cells(jpeg, cells) ? cells : PictureCells{};
}

// The largest difference of two sums, in levels of a pixel, where both planes have cells.
double difference_of(const CellPlane& one, const CellPlane& other) {
  int largest = 0;
  for (int y = 0; y < std::min(one.rows, other.rows); ++y) {
    for (int x = 0; x < std::min(one.columns, other.columns); ++x) {
      largest = std::max(largest, std::abs(one.sums[size_t(y * one.columns + x)] -
                                           other.sums[size_t(y * other.columns + x)]));
    }
  }
  return double(largest) / kCellSamples;
}

TEST(CoefficientCells, AreNearlyThoseOfThePixels) {
  const Pixels pixels = shades(128, 64, 1);
  RawView raw{.format = PixelFormat::grey};
  raw.planes[0] = pixels.samples.data();
  raw.strides[0] = pixels.width;
  PictureCells of_pixels;
  of_pixels.read(raw, 128, 64);
  const JpegKind grey{.colours = JCS_GRAYSCALE, .sampling = {{1, 1}}};
  const PictureCells of_jpeg = cells_of(encode_pixels(pixels, grey));
  ASSERT_TRUE(of_jpeg.has_shape_of(of_pixels));
  EXPECT_LT(difference_of(of_jpeg.planes[0], of_pixels.planes[0]), 2.0);
}

TEST(CoefficientCells, HaveTheShapeOfARawPicturesCells) {
  for (const PixelFormat format : {PixelFormat::yuv420, PixelFormat::yuv422, PixelFormat::grey}) {
    const RawPicture picture(format, 128, 64);
    PictureCells of_pixels;
    of_pixels.read(picture.view(), 128, 64);
    JpegEncoder encoder;
    Bytes jpeg(JpegEncoder::worst_case(128, 64, format));
    jpeg.resize(encoder.encode(picture.view(), 128, 64, 90, jpeg));
    EXPECT_TRUE(cells_of(jpeg).has_shape_of(of_pixels)) << int(format);
  }
}

// They are those of the picture that is written, however it was rotated.
TEST(CoefficientCells, OfATransformedPictureAreRead) {
  const Bytes jpeg = noise_jpeg(160, 96, 5);
  for (const int rotate : {0, 90, 180, 270}) {
    for (const bool mirror : {false, true}) {
      Bytes out(2 * jpeg.size());
      PictureCells cells;
      const WrittenJpeg written = transform_jpeg(jpeg, {rotate, mirror}, out, &cells);
      ASSERT_TRUE(written.ok() && written.divided);
      out.resize(written.size);
      const PictureCells wanted = cells_of(out);
      ASSERT_TRUE(cells.has_shape_of(wanted)) << rotate;
      for (size_t i = 0; i < cells.count; ++i) {
        EXPECT_EQ(cells.planes[i].sums, wanted.planes[i].sums) << rotate << ", plane " << i;
      }
    }
  }
}

// A picture of one shade has exact sums, whatever the table is.
TEST(CoefficientCells, OfOneShadeAreExact) {
  const PictureCells cells = cells_of(make_jpeg(64, 48, 200));
  ASSERT_GE(cells.count, 1u);
  for (const int16_t sum : cells.planes[0].sums) EXPECT_NEAR(sum, 200 * kCellSamples, 16);
}

// A table from elsewhere can make blocks far brighter than white.
TEST(CoefficientCells, HaveTheLimitsOfSamples) {
  for (const int grey : {0, 255}) {
    Bytes jpeg = make_jpeg(64, 48, grey);
    jpeg[offset_of(jpeg, 0xdb) + 5] = std::byte{255};  // the constant's, of the first table
    const PictureCells cells = cells_of(jpeg);
    ASSERT_GE(cells.count, 1u);
    for (const int16_t sum : cells.planes[0].sums) EXPECT_EQ(sum, grey == 0 ? 0 : kCellSumMax);
  }
}

TEST(CoefficientCells, QuartersAreWhereTheyAre) {
  Canvas canvas(16, 16);
  canvas.fill_rect({4, 0, 4, 4}, rgb(200, 200, 200));  // the upper right quarter of a block
  const PictureCells cells = cells_of(encode_jpeg(canvas));
  const std::vector<int16_t>& sums = cells.planes[0].sums;
  EXPECT_GT(sums[1], 100 * kCellSamples);
  EXPECT_LT(sums[0], 60 * kCellSamples);
  EXPECT_LT(sums[size_t(cells.planes[0].columns)], 60 * kCellSamples);
  EXPECT_LT(sums[size_t(cells.planes[0].columns) + 1], 60 * kCellSamples);
}

// Three blocks of one component beside two of another: no encoder here writes that.
TEST(CoefficientCells, SamplingThatDoesNotDivideHasNone) {
  Bytes jpeg = encode_pixels(shades(64, 48, 3), {.sampling = {{1, 1}, {1, 1}, {1, 1}}});
  const size_t factors = offset_of(jpeg, 0xc0) + 11;
  jpeg[factors] = std::byte{0x31};
  jpeg[factors + 3] = std::byte{0x21};
  EXPECT_EQ(cells_of(jpeg).count, 0u);
}

TEST(CoefficientCells, ProgressivePicturesHaveThemToo) {
  const Pixels pixels = shades(64, 48, 3);
  const PictureCells baseline = cells_of(encode_pixels(pixels));
  const PictureCells progressive = cells_of(encode_pixels(pixels, {.is_progressive = true}));
  ASSERT_TRUE(baseline.has_shape_of(progressive));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(baseline.planes[i].sums, progressive.planes[i].sums);
}

}  // namespace
}  // namespace fanlight
