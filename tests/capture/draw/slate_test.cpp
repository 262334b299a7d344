// SPDX-License-Identifier: Apache-2.0
#include "capture/draw/slate.h"

#include <gtest/gtest.h>

#include "capture/jpeg/jpeg_encoder.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {
namespace {

Bytes slate_jpeg(std::string_view camera, std::string_view reason, SlateSize size = {640, 480}) {
  return encode_jpeg(draw_slate(size, camera, reason));
}

TEST(Slate, HasThePicturesSize) {
  const SlateSize size = slate_size(1280, 720, JpegEncoder::worst_case(1280, 720));
  EXPECT_EQ(size.width, 1280);
  EXPECT_EQ(size.height, 720);
  const Brightness decoded = decode(slate_jpeg("door", "camera lost", size));
  EXPECT_EQ(decoded.width, 1280);
  EXPECT_EQ(decoded.height, 720);
}

TEST(Slate, IsScaledDownToFitItsPlace) {
  const size_t room = JpegEncoder::worst_case(1920, 1080);
  const SlateSize size = slate_size(6000, 4000, room);
  EXPECT_EQ(size.width, 1500);
  EXPECT_EQ(size.height, 1000);
  EXPECT_LE(JpegEncoder::worst_case(size.width, size.height), room);
  EXPECT_EQ(slate_size(1922, 1080, room).width, 961);
  EXPECT_EQ(slate_size(1920, 1080, room).width, 1920);
}

TEST(Slate, HasAMaximumSize) {
  const SlateSize size = slate_size(6000, 4000, size_t{1} << 30);
  EXPECT_EQ(size.width, 1500);
  EXPECT_EQ(size.height, 1000);
}

TEST(Slate, HasAMinimumSize) {
  for (const auto& [width, height] : {std::pair{1, 1}, {159, 1000}, {1000, 119}}) {
    EXPECT_EQ(slate_size(width, height, 1 << 20).width, 320);
  }
  EXPECT_EQ(slate_size(160, 120, 1 << 20).width, 160);
}

TEST(Slate, ShowsReasonAndCamera) {
  const Bytes slate = slate_jpeg("door", "camera lost: No such device");
  EXPECT_NE(slate, slate_jpeg("door", "camera lost: Input/output error"));
  EXPECT_NE(slate, slate_jpeg("roof", "camera lost: No such device"));
  EXPECT_EQ(slate, slate_jpeg("door", "camera lost: No such device"));
  EXPECT_LT(slate.size(), 40000u);
}

// Every line of a long reason is within the canvas: only background at the left and right edges.
TEST(Slate, WrapsLongReasons) {
  const std::string words = "one after another these words fill more lines than there are on it";
  const std::string endless(500, 'W');
  for (const std::string& reason : {words, words + words + words, endless, std::string(" ")}) {
    for (const SlateSize size : {SlateSize{160, 120}, {640, 480}, {1920, 1080}}) {
      const Brightness slate = decode(slate_jpeg("door", reason, size));
      for (int y = 0; y < size.height; ++y) {
        ASSERT_LT(slate.at(1, y), 100);
        ASSERT_LT(slate.at(size.width - 2, y), 100);
      }
      const double bright = slate.mean();
      EXPECT_GT(bright, 20);
    }
  }
}

}  // namespace
}  // namespace fanlight
