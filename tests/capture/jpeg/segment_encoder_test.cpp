// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/segment_encoder.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "capture/jpeg/jpeg_encoder.h"
#include "core/random.h"
#include "core/segments/find_segments.h"
#include "tests/capture/jpeg/libjpeg_parts.h"
#include "tests/capture/picture/raw_picture.h"

namespace fanlight {
namespace {

constexpr std::array kFormats{PixelFormat::yuv420, PixelFormat::yuv422, PixelFormat::grey,
                              PixelFormat::rgb,    PixelFormat::bgr,    PixelFormat::rgbx,
                              PixelFormat::bgrx,   PixelFormat::xrgb,   PixelFormat::xbgr};

// The place has exactly the size that the encoder states.
Bytes encoded(Encoder& encoder, const RawView& raw, int width, int height, int quality) {
  const GuardedBytes out(encoder.bytes_needed(raw, width, height));
  const size_t size = encoder.encode(raw, width, height, quality, out.span());
  EXPECT_GT(size, 0u);
  return {out.span().begin(), out.span().begin() + static_cast<ptrdiff_t>(size)};
}

SegmentGrid grid_of(const Bytes& jpeg) {
  SegmentGrid grid;
  std::vector<Segment> segments(kSegmentsMax + 1);
  return find_segments(jpeg, grid, segments) ? grid : SegmentGrid{};
}

TEST(SegmentEncoder, ItsPixelsAreThoseOfTheOtherEncoder) {
  SegmentEncoder encoder;
  JpegEncoder other;
  for (const PixelFormat format : kFormats) {
    for (const auto& [width, height] : {std::pair{64, 48}, {34, 17}, {1, 1}, {200, 30}, {50, 9}}) {
      for (const int quality : {30, 80, 95, 96, 100}) {
        const RawPicture picture(format, width, height);
        const Bytes ours = encoded(encoder, picture.view(), width, height, quality);
        const Bytes theirs = encoded(other, picture.view(), width, height, quality);
        ASSERT_EQ(difference(decode_pixels(ours), decode_pixels(theirs)), 0)
            << int(format) << ", " << width << "x" << height << ", quality " << quality;
      }
    }
  }
}

TEST(SegmentEncoder, DividesThePicture) {
  SegmentEncoder encoder;
  for (const auto& [format, width, height, grid] :
       {std::tuple{PixelFormat::yuv420, 640, 48, SegmentGrid{64, 16, 10, 3}},
        {PixelFormat::yuv422, 640, 48, SegmentGrid{128, 8, 5, 6}},
        {PixelFormat::grey, 640, 48, SegmentGrid{128, 8, 5, 6}},
        {PixelFormat::bgr, 640, 47, SegmentGrid{64, 16, 10, 3}},
        {PixelFormat::yuv420, 1366, 20, SegmentGrid{32, 16, 43, 2}}}) {
    const RawPicture picture(format, width, height);
    EXPECT_EQ(grid_of(encoded(encoder, picture.view(), width, height, 80)), grid) << int(format);
  }
}

TEST(SegmentEncoder, NoiseAtQuality100FitsIntoTheWorstCase) {
  SegmentEncoder encoder;
  constexpr uint64_t kSeed = 20260603;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  for (const auto& [width, height] : {std::pair{1, 1}, {17, 17}, {333, 217}, {640, 480}}) {
    std::vector<uint8_t> pixels(static_cast<size_t>(3 * width * height));
    for (uint8_t& value : pixels) value = random.chance(0.5) ? 255 : 0;
    RawView raw{.format = PixelFormat::rgb};
    raw.planes[0] = pixels.data();
    raw.strides[0] = 3 * width;
    EXPECT_NE(grid_of(encoded(encoder, raw, width, height, 100)), SegmentGrid{});
  }
}

// The output is the same as from a new encoder, whatever was encoded before.
TEST(SegmentEncoder, PicturesAreIndependent) {
  SegmentEncoder kept;
  for (const PixelFormat before : kFormats) {
    for (const PixelFormat after : kFormats) {
      const RawPicture first(before, 80, 40);
      const RawPicture second(after, 64, 48);
      encoded(kept, first.view(), 80, 40, 97);
      SegmentEncoder fresh;
      EXPECT_EQ(encoded(kept, second.view(), 64, 48, 60),
                encoded(fresh, second.view(), 64, 48, 60));
    }
  }
}

TEST(SegmentEncoder, MarkersCostFewBytes) {
  const RawPicture picture(PixelFormat::yuv420, 640, 480);
  SegmentEncoder encoder;
  JpegEncoder other;
  const double ours = double(encoded(encoder, picture.view(), 640, 480, 80).size());
  const double theirs = double(encoded(other, picture.view(), 640, 480, 80).size());
  RecordProperty("ratio", std::to_string(ours / theirs));
  EXPECT_LT(ours - theirs, 300 * 5.0);  // 300 segments
}

TEST(SegmentEncoderDeathTest, APlaceBelowTheWorstCaseAborts) {
  const RawPicture picture(PixelFormat::yuv420, 64, 48);
  SegmentEncoder encoder;
  Bytes out(encoder.bytes_needed(picture.view(), 64, 48) - 1);
  EXPECT_DEATH(encoder.encode(picture.view(), 64, 48, 80, out), "out.size\\(\\) >= bytes_needed");
}

}  // namespace
}  // namespace fanlight
