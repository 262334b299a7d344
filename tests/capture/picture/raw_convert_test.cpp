// SPDX-License-Identifier: Apache-2.0
#include "capture/picture/raw_convert.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/capture/picture/raw_picture.h"

namespace fanlight {
namespace {

// Odd ones too: a colour sample then extends past the edge.
constexpr std::pair<int, int> kSizes[] = {{64, 48}, {1, 1}, {7, 5}, {17, 4}, {6, 9}, {2, 2}};

struct Layout {
  PixelFormat from;
  PixelFormat to;
};
constexpr Layout kLayouts[] = {
    {PixelFormat::yuv420, PixelFormat::yuv420}, {PixelFormat::nv12, PixelFormat::yuv420},
    {PixelFormat::nv21, PixelFormat::yuv420},   {PixelFormat::yuv422, PixelFormat::yuv422},
    {PixelFormat::nv16, PixelFormat::yuv422},   {PixelFormat::yuyv, PixelFormat::yuv422},
    {PixelFormat::uyvy, PixelFormat::yuv422},   {PixelFormat::yvyu, PixelFormat::yuv422},
    {PixelFormat::vyuy, PixelFormat::yuv422},   {PixelFormat::grey, PixelFormat::grey},
};

int rounded_up(int value) {
  return (value + 1) & ~1;
}

TEST(RawConverter, ConvertsEveryLayoutToItsPlanes) {
  RawConverter converter;  // one for all: no state remains between pictures
  for (const auto& [width, height] : kSizes) {
    for (const Layout& layout : kLayouts) {
      const RawPicture picture(layout.from, width, height);
      const RawView out = converter.convert(picture.view(), width, height);
      ASSERT_EQ(out.format, layout.to);
      ASSERT_FALSE(out.limited_range);
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          ASSERT_EQ(sample(out, 0, x, y), picture.luma(x, y))
              << int(layout.from) << ' ' << x << ',' << y << " of " << width << 'x' << height;
          if (layout.to == PixelFormat::grey) continue;
          ASSERT_EQ(sample(out, 1, x, y), picture.colour(1, x, y)) << int(layout.from);
          ASSERT_EQ(sample(out, 2, x, y), picture.colour(2, x, y)) << int(layout.from);
        }
      }
    }
  }
}

// As RawView requires: TurboJPEG reads that far.
TEST(RawConverter, PadsEdgesWithTheirNeighbours) {
  RawConverter converter;
  for (const PixelFormat format : {PixelFormat::nv12, PixelFormat::yuyv}) {
    const RawPicture picture(format, 7, 5);
    const RawView out = converter.convert(picture.view(), 7, 5);
    if (format == PixelFormat::nv12) {
      EXPECT_EQ(sample(out, 0, 7, 2), picture.luma(6, 2));
      for (int x = 0; x < 7; ++x) EXPECT_EQ(sample(out, 0, x, 5), picture.luma(x, 4));
    }
    ASSERT_GE(out.strides[0], rounded_up(7));
  }
}

TEST(RawConverter, DoesNotCopyPlanesThatNeedNoConversion) {
  RawConverter converter;
  for (const PixelFormat format :
       {PixelFormat::yuv420, PixelFormat::yuv422, PixelFormat::grey, PixelFormat::bgrx}) {
    const RawPicture picture(format, 64, 48);
    const RawView out = converter.convert(picture.view(), 64, 48);
    EXPECT_EQ(out.format, format);
    EXPECT_EQ(out.planes, picture.view().planes);
    EXPECT_EQ(out.strides, picture.view().strides);
  }
  const RawPicture nv12(PixelFormat::nv12, 64, 48);
  EXPECT_EQ(converter.convert(nv12.view(), 64, 48).planes[0], nv12.view().planes[0])
      << "only chroma is converted";
}

TEST(RawConverter, SubsamplesFullChroma) {
  RawConverter converter;
  for (const int width : {64, 7, 1}) {
    const RawPicture picture(PixelFormat::yuv444, width, 3);
    const RawView raw = picture.view();
    const RawView out = converter.convert(raw, width, 3);
    ASSERT_EQ(out.format, PixelFormat::yuv422);
    EXPECT_EQ(out.planes[0], raw.planes[0]);
    for (int x = 0; x < width; ++x) {
      const int left = raw.planes[1][raw.strides[1] + (x & ~1)];
      const int right = raw.planes[1][raw.strides[1] + std::min(x | 1, width - 1)];
      EXPECT_EQ(sample(out, 1, x, 1), (left + right + 1) / 2) << x << " of " << width;
    }
  }
}

// Every value, compared with the definition, within rounding.
TEST(RawConverter, ExpandsLimitedToFullRange) {
  RawConverter converter;
  for (const Layout& layout : kLayouts) {
    RawPicture picture(layout.from, 512, 2);
    picture.fill_with_ramp();
    RawView raw = picture.view();
    raw.limited_range = true;
    const RawView out = converter.convert(raw, 512, 2);
    ASSERT_FALSE(out.limited_range);
    for (int x = 0; x < 512; ++x) {
      const double luma = std::clamp((picture.luma(x, 1) - 16) * 255.0 / 219, 0.0, 255.0);
      ASSERT_NEAR(sample(out, 0, x, 1), luma, 1.0) << int(layout.from) << ' ' << x;
      if (layout.to == PixelFormat::grey) continue;
      const int given = picture.colour(2, x, 1);
      const double colour = std::clamp((given - 128) * 255.0 / 224 + 128, 0.0, 255.0);
      ASSERT_NEAR(sample(out, 2, x, 1), colour, 1.0) << int(layout.from) << ' ' << x;
    }
  }
}

TEST(RawConverter, PreservesBlackGreyAndWhite) {
  RawConverter converter;
  for (const auto& [video, jpeg] : {std::pair{16, 0}, {235, 255}, {0, 0}, {255, 255}}) {
    RawPicture picture(PixelFormat::yuyv, 32, 2);
    picture.fill(static_cast<uint8_t>(video), 128);
    RawView raw = picture.view();
    raw.limited_range = true;
    const RawView out = converter.convert(raw, 32, 2);
    EXPECT_EQ(sample(out, 0, 5, 1), jpeg);
    EXPECT_EQ(sample(out, 1, 5, 1), 128) << "no tint";
  }
}

TEST(RawConverter, DoesNotReadBeyondThePicture) {
  RawConverter converter;
  for (const auto& [width, height] : kSizes) {
    for (const Layout& layout : kLayouts) {
      RawPicture picture(layout.from, width, height);  // every plane ends at a guard page
      RawView raw = picture.view();
      raw.limited_range = true;
      converter.convert(raw, width, height);
    }
  }
}

}  // namespace
}  // namespace fanlight
