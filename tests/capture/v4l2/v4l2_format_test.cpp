// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_format.h"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include <set>

namespace fanlight {
namespace {

TEST(V4l2Format, EveryFormatIsListedOnceAndFoundByItsCode) {
  std::set<uint32_t> codes;
  std::set<std::string_view> names;
  for (const V4l2PixelFormat& format : v4l2_formats()) {
    EXPECT_TRUE(codes.insert(format.fourcc).second) << format.name;
    EXPECT_TRUE(names.insert(format.name).second) << format.name;
    EXPECT_EQ(find_v4l2_format(format.fourcc), &format);
    EXPECT_GE(format.memory_planes, 1);
    EXPECT_LE(format.memory_planes, 3);
  }
}

TEST(V4l2Format, UnusableFormatsAreNotFound) {
  for (const uint32_t fourcc : {V4L2_PIX_FMT_H264, V4L2_PIX_FMT_SRGGB10, V4L2_PIX_FMT_Z16, 0u}) {
    EXPECT_EQ(find_v4l2_format(fourcc), nullptr) << fourcc_text(fourcc);
  }
}

TEST(V4l2Format, CheaperConversionHasLowerCost) {
  const auto cost = [](uint32_t fourcc) { return find_v4l2_format(fourcc)->cost; };
  EXPECT_LT(cost(V4L2_PIX_FMT_MJPEG), cost(V4L2_PIX_FMT_JPEG));
  EXPECT_LT(cost(V4L2_PIX_FMT_YUV420), cost(V4L2_PIX_FMT_NV12));
  EXPECT_LT(cost(V4L2_PIX_FMT_NV12), cost(V4L2_PIX_FMT_YUYV));
  EXPECT_LT(cost(V4L2_PIX_FMT_YUYV), cost(V4L2_PIX_FMT_RGB24));
}

// "Image Formats" in the kernel's documentation gives the byte order; for the 32-bit formats it is
// not the one that their names suggest.
TEST(V4l2Format, ByteOrderMatchesTheDocumentation) {
  const auto pixels = [](uint32_t fourcc) { return find_v4l2_format(fourcc)->pixels; };
  EXPECT_EQ(pixels(V4L2_PIX_FMT_RGB24), PixelFormat::rgb);
  EXPECT_EQ(pixels(V4L2_PIX_FMT_BGR24), PixelFormat::bgr);
  EXPECT_EQ(pixels(V4L2_PIX_FMT_RGBX32), PixelFormat::rgbx);
  EXPECT_EQ(pixels(V4L2_PIX_FMT_XBGR32), PixelFormat::bgrx);
  EXPECT_EQ(pixels(V4L2_PIX_FMT_XRGB32), PixelFormat::xrgb);
  EXPECT_EQ(pixels(V4L2_PIX_FMT_BGRX32), PixelFormat::xbgr);
  EXPECT_TRUE(find_v4l2_format(V4L2_PIX_FMT_YVU420)->v_before_u);
  EXPECT_FALSE(find_v4l2_format(V4L2_PIX_FMT_YUV420)->v_before_u);
}

TEST(V4l2Format, CodeIsReadable) {
  EXPECT_EQ(fourcc_text(V4L2_PIX_FMT_YUYV), "YUYV");
  EXPECT_EQ(fourcc_text(V4L2_PIX_FMT_Y16), "Y16");
  EXPECT_EQ(fourcc_text(V4L2_PIX_FMT_Y16_BE), "Y16-BE");
  EXPECT_EQ(fourcc_text(0x01000a41), "A???");
  EXPECT_EQ(fourcc_text(v4l2_fourcc('A', '\x7f', ' ', 'B')), "A? B");
}

}  // namespace
}  // namespace fanlight
