// SPDX-License-Identifier: Apache-2.0
#include "core/segments/jpeg_head.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"

namespace fanlight {
namespace {

const Bytes kDri = jpeg_segment(0xdd, std::string_view("\0\4", 2));
const Bytes kHead = kSoi + kDqt + kSof + kDri + kSos;

// Nothing beyond the bytes is read.
std::optional<JpegHead> read(const Bytes& jpeg) {
  const GuardedBytes guarded(jpeg);
  return read_jpeg_head(
      {reinterpret_cast<const char*>(guarded.span().data()), guarded.span().size()});
}

TEST(JpegHead, HasWhatDecidesTheDivision) {
  const Bytes jpeg = encode_pixels(shades(100, 50, 3), {.restart_interval = 7});
  const auto head = read(jpeg);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->size, head_size(jpeg));
  EXPECT_EQ(head->dimensions, offset_of(jpeg, 0xc0) + 5);
  EXPECT_EQ(head->width, 100);
  EXPECT_EQ(head->height, 50);
  EXPECT_EQ(head->mcu_width, 16);
  EXPECT_EQ(head->mcu_height, 16);
  EXPECT_EQ(head->interval, 7);
  EXPECT_EQ(divide(*head), (SegmentGrid{112, 16, 1, 4}));
}

TEST(JpegHead, ALoneComponentHasNoFactors) {
  const auto head =
      read(encode_pixels(shades(64, 48, 1), {.colours = JCS_GRAYSCALE, .sampling = {{2, 2}}}));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->mcu_width, 8);
  EXPECT_EQ(head->mcu_height, 8);
  EXPECT_EQ(divide(*head), std::nullopt) << "no intervals";
}

TEST(JpegHead, OfAnotherKindIsNone) {
  const Pixels pixels = shades(64, 48, 3);
  EXPECT_FALSE(read(encode_pixels(pixels, {.is_progressive = true})));
  EXPECT_FALSE(read(encode_pixels(pixels, {.has_separate_scans = true})));
}

TEST(JpegHead, IsWholeAndWithoutGaps) {
  ASSERT_TRUE(read(kHead));
  for (size_t i = 0; i < kHead.size(); ++i) {
    EXPECT_FALSE(read({kHead.begin(), kHead.begin() + static_cast<ptrdiff_t>(i)})) << i;
  }
  EXPECT_FALSE(read(with(kHead, bytes({0xff}))));
  EXPECT_FALSE(read(with(kHead, bytes({0}))));
  EXPECT_FALSE(read(with(kHead, bytes({0xff, 0xd0}))));
  EXPECT_FALSE(read(with(kHead, bytes({0xff, 0xc0, 0, 1})))) << "a length below two";
  EXPECT_FALSE(read(kSoi + kSof + kSof + kSos)) << "two frame headers";
  EXPECT_FALSE(read(kSoi + kDqt + kSos)) << "none";
  EXPECT_FALSE(read(kSoi + kSof + jpeg_segment(0xdd, "123") + kSos));
}

TEST(JpegHead, ImpossibleDimensionsAndFactorsAreRefused) {
  const auto sof = [](std::string_view content) {
    return kSoi + jpeg_segment(0xc0, content) + kSos;
  };
  ASSERT_TRUE(read(sof({"\x08\0\x02\0\x03\x01\x01\x11\0", 9})));
  EXPECT_FALSE(read(sof({"\x08\0\0\0\x03\x01\x01\x11\0", 9}))) << "height 0";
  EXPECT_FALSE(read(sof({"\x08\0\x02\0\0\x01\x01\x11\0", 9}))) << "width 0";
  EXPECT_FALSE(read(sof({"\x08\0\x02\0\x03\x01\x01\x01\0", 9}))) << "factor 0";
  EXPECT_FALSE(read(sof({"\x08\0\x02\0\x03\x01\x01\x15\0", 9}))) << "factor 5";
  EXPECT_FALSE(read(sof({"\x08\0\x02\0\x03\x02\x01\x11\0", 9}))) << "a component too few";
  const Bytes short_header = jpeg_segment(0xc0, {"\x08\0\x02\0\x03", 5});
  EXPECT_FALSE(read(kSoi + short_header + kSos));
  EXPECT_FALSE(read(kSoi + short_header + kSof + kSos)) << "a whole one after it";
}

TEST(JpegHead, TooManySegmentsAreNone) {
  JpegHead head{.width = 65500, .height = 65500, .mcu_width = 8, .mcu_height = 8, .interval = 1};
  EXPECT_EQ(divide(head), std::nullopt);
  head.interval = 8188;
  head.height = 8;
  EXPECT_EQ(divide(head), (SegmentGrid{65504, 8, 1, 1}));
  head.interval = 8187;
  EXPECT_EQ(divide(head), std::nullopt) << "does not divide a row";
}

}  // namespace
}  // namespace fanlight
