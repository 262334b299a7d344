// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/picture_scaler.h"

#include <gtest/gtest.h>

#include <cmath>

#include "capture/jpeg/exif_orientation.h"
#include "capture/jpeg/jpeg_encoder.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/picture/raw_picture.h"

namespace fanlight {
namespace {

// Left half dark, right half light.
Canvas halves(int width, int height) {
  Canvas canvas(width, height);
  canvas.fill(rgb(40, 40, 40));
  canvas.fill_rect({width / 2, 0, width - width / 2, height}, rgb(200, 200, 200));
  return canvas;
}

void expect_halves(PlanarPicture& picture, PictureExtent size) {
  EXPECT_EQ(picture.width(), size.width);
  EXPECT_EQ(picture.height(), size.height);
  const RawView view = picture.view();
  EXPECT_NEAR(sample(view, 0, size.width / 8, size.height / 2), 40, 4);
  EXPECT_NEAR(sample(view, 0, size.width - 1, size.height / 2), 200, 4);
  EXPECT_NEAR(sample(view, 1, 0, 0), 128, 2);
}

TEST(PictureScaler, ScalesRawPicturesInEveryLayout) {
  PictureScaler scaler;
  for (const PixelFormat format :
       {PixelFormat::yuv420, PixelFormat::yuv422, PixelFormat::yuv444, PixelFormat::grey,
        PixelFormat::nv12, PixelFormat::nv21, PixelFormat::nv16, PixelFormat::yuyv,
        PixelFormat::uyvy, PixelFormat::yvyu, PixelFormat::vyuy}) {
    RawPicture picture(format, 64, 48);
    picture.fill(100, 128);
    PlanarPicture result;
    scaler.scale(picture.view(), {64, 48}, result, {24, 18});
    EXPECT_EQ(sample(result.view(), 0, 23, 17), 100);
  }
}

TEST(PictureScaler, ScalesPackedRgb) {
  const Canvas canvas = halves(160, 96);
  PictureScaler scaler;
  PlanarPicture result;
  scaler.scale(canvas.view(), {160, 96}, result, {50, 30});
  expect_halves(result, {50, 30});
}

TEST(PictureScaler, DecodesJpegsInEverySize) {
  const Bytes jpeg = encode_jpeg(halves(160, 96));
  const JpegExtent extent = extent_of_jpeg(jpeg);
  EXPECT_EQ(extent.stored, (PictureExtent{160, 96}));
  EXPECT_TRUE(extent.orientation.is_upright());
  PictureScaler scaler;
  for (const PictureExtent size :
       {PictureExtent{160, 96}, PictureExtent{100, 60}, PictureExtent{80, 48},
        PictureExtent{79, 47}, PictureExtent{40, 24}, PictureExtent{20, 12},
        PictureExtent{16, 8}}) {
    PlanarPicture result;
    ASSERT_TRUE(scaler.decode(jpeg, extent.stored, result, size));
    expect_halves(result, size);
  }
}

// With colour at full, half and quarter resolution, and without.
TEST(PictureScaler, DecodesEverySampling) {
  PictureScaler scaler;
  for (const PixelFormat format : {PixelFormat::yuv420, PixelFormat::yuv422, PixelFormat::grey}) {
    RawPicture picture(format, 64, 48);
    picture.fill(100, 90);
    JpegEncoder encoder;
    Bytes jpeg(encoder.bytes_needed(picture.view(), 64, 48));
    jpeg.resize(encoder.encode(picture.view(), 64, 48, 90, jpeg));
    PlanarPicture result;
    ASSERT_TRUE(scaler.decode(jpeg, {64, 48}, result, {31, 23}));
    EXPECT_NEAR(sample(result.view(), 0, 30, 22), 100, 2);
    if (format == PixelFormat::grey) continue;
    EXPECT_NEAR(sample(result.view(), 1, 30, 22), 90, 2);
  }
}

TEST(PictureScaler, ReadsTheOrientation) {
  const auto segment = exif_orientation_segment(6);
  const auto bytes = std::as_bytes(std::span(segment));
  const Bytes jpeg = with(encode_jpeg(halves(160, 96)), Bytes(bytes.begin(), bytes.end()));
  EXPECT_EQ(extent_of_jpeg(jpeg).orientation, orientation_of_exif(6));
}

TEST(PictureScaler, RefusesWhatIsNoJpeg) {
  PictureScaler scaler;
  PlanarPicture result;
  EXPECT_EQ(extent_of_jpeg(Bytes(100)).stored, (PictureExtent{}));
  EXPECT_EQ(extent_of_jpeg({}).stored, (PictureExtent{}));
  EXPECT_FALSE(scaler.decode(Bytes(100), {160, 96}, result, {80, 48}));
  const Bytes jpeg = encode_jpeg(halves(160, 96));
  EXPECT_FALSE(scaler.decode(jpeg, {320, 192}, result, {80, 48})) << "not of this size";
}

TEST(PictureScaler, DecodesDamagedJpegsAsFarAsPossible) {
  const Bytes jpeg = encode_jpeg(halves(160, 96));
  PictureScaler scaler;
  PlanarPicture result;
  for (size_t bytes = 1; bytes < jpeg.size() - head_size(jpeg); bytes += 37) {
    const GuardedBytes cut(without_end(jpeg, bytes));
    EXPECT_TRUE(scaler.decode(cut.span(), {160, 96}, result, {80, 48}));
  }
}

}  // namespace
}  // namespace fanlight
