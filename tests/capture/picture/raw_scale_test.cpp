// SPDX-License-Identifier: Apache-2.0
#include "capture/picture/raw_scale.h"

#include <gtest/gtest.h>

#include "tests/capture/picture/raw_picture.h"

namespace fanlight {
namespace {

TEST(FitInto, KeepsTheShape) {
  EXPECT_EQ(fit_into({1920, 1080}, {1280, 720}), (PictureExtent{1280, 720}));
  EXPECT_EQ(fit_into({1920, 1080}, {1280, 1280}), (PictureExtent{1280, 720}));
  EXPECT_EQ(fit_into({640, 480}, {640, 360}), (PictureExtent{480, 360}));
  EXPECT_EQ(fit_into({480, 640}, {640, 360}), (PictureExtent{270, 360}));
  EXPECT_EQ(fit_into({1920, 1080}, {641, 361}), (PictureExtent{640, 360})) << "even";
}

TEST(FitInto, NeverEnlarges) {
  EXPECT_EQ(fit_into({321, 241}, {640, 480}), (PictureExtent{321, 241}));
  EXPECT_EQ(fit_into({640, 480}, {640, 480}), (PictureExtent{640, 480}));
}

TEST(FitInto, LeavesSomethingOfNarrowPictures) {
  EXPECT_EQ(fit_into({1000, 1}, {16, 16}), (PictureExtent{16, 1}));
  EXPECT_EQ(fit_into({2, 16000}, {16, 16}), (PictureExtent{2, 16}));
  EXPECT_EQ(fit_into({65500, 65500}, {16384, 16384}), (PictureExtent{16384, 16384}));
}

// Half of the size is exactly the mean of four, in every layout.
TEST(RawScale, HalfTheSizeIsTheMeanOfFour) {
  for (const PixelFormat format :
       {PixelFormat::yuv420, PixelFormat::yuv422, PixelFormat::yuv444, PixelFormat::grey}) {
    const RawPicture picture(format, 64, 48);
    ASSERT_TRUE(can_scale(picture.view()));
    PlanarPicture result;
    scale_down(picture.view(), {64, 48}, result, {32, 24});
    const RawView out = result.view();
    EXPECT_EQ(out.format, format == PixelFormat::grey ? PixelFormat::grey : PixelFormat::yuv420);
    for (int y = 0; y < 24; ++y) {
      for (int x = 0; x < 32; ++x) {
        const int sum = picture.luma(2 * x, 2 * y) + picture.luma(2 * x + 1, 2 * y) +
                        picture.luma(2 * x, 2 * y + 1) + picture.luma(2 * x + 1, 2 * y + 1);
        ASSERT_NEAR(sample(out, 0, x, y), sum / 4.0, 1) << x << ' ' << y;
      }
    }
  }
}

TEST(RawScale, KeepsShadesInEveryRatioAndReadsNoFurtherThanThePicture) {
  for (const PixelFormat format :
       {PixelFormat::yuv420, PixelFormat::yuv422, PixelFormat::yuv444, PixelFormat::grey}) {
    for (const PictureExtent from : {PictureExtent{97, 55}, PictureExtent{64, 48}}) {
      RawPicture picture(format, from.width, from.height);
      picture.fill(150, 90);
      for (int width = 1; width <= from.width; width += 5) {
        for (int height = 1; height <= from.height; height += 5) {
          PlanarPicture result;
          scale_down(picture.view(), from, result, {width, height});
          const RawView out = result.view();
          // libyuv rounds the weights of its means, which shows in those of very many pixels.
          const bool is_usual = width * 8 >= from.width && height * 8 >= from.height;
          const int tolerance = is_usual ? 1 : 4;
          ASSERT_NEAR(sample(out, 0, width - 1, height - 1), 150, tolerance);
          // TurboJPEG reads whole chroma samples.
          ASSERT_NEAR(out.planes[0][((height + 1) & ~1) * out.strides[0] - 1], 150, tolerance);
          if (format == PixelFormat::grey) continue;
          ASSERT_NEAR(sample(out, 1, width - 1, height - 1), 90, tolerance);
        }
      }
    }
  }
}

TEST(RawScale, TakesOnlyWhatConvertersGive) {
  EXPECT_FALSE(can_scale({.format = PixelFormat::nv12}));
  EXPECT_FALSE(can_scale({.format = PixelFormat::rgb}));
  EXPECT_FALSE(can_scale({.format = PixelFormat::yuv420, .limited_range = true}));
}

}  // namespace
}  // namespace fanlight
