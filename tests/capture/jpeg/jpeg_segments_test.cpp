// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_segments.h"

#include <gtest/gtest.h>

#include "capture/jpeg/jpeg_transform.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"

namespace fanlight {
namespace {

TEST(JpegSegments, TheirNumberDividesARow) {
  for (const int pixels : {64, 128, 256, 512}) {
    for (int mcus = 1; mcus <= 300; ++mcus) {
      const int chosen = choose_segment_mcus(mcus, pixels);
      ASSERT_GT(chosen, 0);
      EXPECT_EQ(mcus % chosen, 0) << mcus;
    }
  }
}

TEST(JpegSegments, AreOfAboutThreeMcusOf420) {
  EXPECT_EQ(choose_segment_mcus(80, 256), 4);   // 1280 pixels
  EXPECT_EQ(choose_segment_mcus(120, 256), 3);  // 1920
  EXPECT_EQ(choose_segment_mcus(48, 256), 3);   // 768
  EXPECT_EQ(choose_segment_mcus(40, 256), 4);   // 640
  EXPECT_EQ(choose_segment_mcus(50, 256), 5);   // 800
  EXPECT_EQ(choose_segment_mcus(86, 256), 2);   // 1366
  EXPECT_EQ(choose_segment_mcus(43, 256), 43);  // 688: prime
  EXPECT_EQ(choose_segment_mcus(1, 256), 1);
}

// Of 4:2:2, 4:4:4 and grey, so that they have as many pixels.
TEST(JpegSegments, AreOfMoreMcusWhereThoseAreSmaller) {
  EXPECT_EQ(choose_segment_mcus(80, 128), 8);
  EXPECT_EQ(choose_segment_mcus(48, 128), 6);
  EXPECT_EQ(choose_segment_mcus(96, 64), 12);
  EXPECT_EQ(choose_segment_mcus(20, 512), 2);  // 4:1:1
}

TEST(JpegSegments, OfACameraAreSuitableIfTheyAreSmallAndNothingElseIsInTheHead) {
  const Pixels pixels = shades(640, 480, 3);
  for (const unsigned interval : {2u, 4u, 5u}) {
    EXPECT_TRUE(has_suitable_segments(encode_pixels(pixels, {.restart_interval = interval})));
  }
  for (const unsigned interval : {0u, 1u, 3u, 8u, 10u, 40u, 80u}) {
    EXPECT_FALSE(has_suitable_segments(encode_pixels(pixels, {.restart_interval = interval})))
        << interval;
  }
  EXPECT_FALSE(has_suitable_segments(
      encode_pixels(pixels, {.is_progressive = true, .restart_interval = 4})));
  const Bytes suitable = encode_pixels(pixels, {.restart_interval = 4});
  // It may be another one in every picture, or rotate them.
  EXPECT_FALSE(has_suitable_segments(with(suitable, jpeg_segment(0xe1, "Exif"))));
  EXPECT_FALSE(has_suitable_segments(with(suitable, jpeg_segment(0xfe, "12:00:01"))));
  EXPECT_FALSE(has_suitable_segments({}));
}

TEST(JpegSegments, AreMadeOnlyOfPicturesWithOneSequentialScan) {
  const Pixels pixels = shades(64, 48, 3);
  const auto is_divided = [](const Bytes& jpeg) {
    Bytes out(2 * jpeg.size() + 4096);
    PictureCells cells;
    const WrittenJpeg written = transform_jpeg(jpeg, {}, out, &cells);
    EXPECT_EQ(written.problem, "");
    return written.divided;
  };
  EXPECT_TRUE(is_divided(encode_pixels(pixels)));
  EXPECT_TRUE(is_divided(encode_pixels(pixels, {.has_separate_scans = true})));
  EXPECT_FALSE(is_divided(encode_pixels(pixels, {.is_progressive = true})));
}

}  // namespace
}  // namespace fanlight
