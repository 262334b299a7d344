// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "capture/jpeg/jpeg_check.h"
#include "core/random.h"
#include "tests/capture/jpeg/test_jpeg.h"
#include "tests/capture/picture/raw_picture.h"

namespace fanlight {
namespace {

// Planes full of noise, the worst that a camera can produce.
struct Noise {
  Noise(int width, int height, uint64_t seed) {
    const int padded_width = (width + 1) & ~1;
    const int padded_height = (height + 1) & ~1;
    Random random(seed);
    for (size_t plane = 0; plane < 3; ++plane) {
      const int stride = plane == 0 ? padded_width : padded_width / 2;
      const int rows = plane == 0 ? padded_height : padded_height / 2;
      planes[plane].resize(static_cast<size_t>(stride * rows));
      // Only extremes: they have more high frequencies than evenly distributed values.
      for (uint8_t& value : planes[plane]) value = random.chance(0.5) ? 255 : 0;
      view.planes[plane] = planes[plane].data();
      view.strides[plane] = stride;
    }
  }
  std::vector<uint8_t> planes[3];
  RawView view;
};

TEST(JpegEncoder, RoundTripsAPicture) {
  Canvas canvas(160, 120);
  canvas.fill_rect({0, 0, 80, 120}, rgb(200, 200, 200));
  canvas.fill_rect({80, 60, 80, 60}, rgb(90, 90, 90));
  JpegEncoder encoder;
  Bytes out(JpegEncoder::worst_case(160, 120));
  const size_t size = encoder.encode(canvas.view(), 160, 120, 90, out);
  ASSERT_GT(size, 0u);
  const Brightness decoded = decode(std::span(out).first(size));
  ASSERT_EQ(decoded.width, 160);
  ASSERT_EQ(decoded.height, 120);
  EXPECT_NEAR(decoded.at(40, 60), 200, 3);
  EXPECT_NEAR(decoded.at(120, 90), 90, 3);
  EXPECT_NEAR(decoded.at(120, 30), 0, 3);
}

// The output is the same as from a new encoder, whatever was encoded before.
TEST(JpegEncoder, PicturesAreIndependent) {
  const auto encoded = [](JpegEncoder& encoder, PixelFormat format, int quality) {
    const RawPicture picture(format, 64, 48);
    Bytes out(JpegEncoder::worst_case(64, 48, PixelFormat::yuv422));
    out.resize(encoder.encode(picture.view(), 64, 48, quality, out));
    return out;
  };
  constexpr std::array kFormats{PixelFormat::yuv420, PixelFormat::yuv422, PixelFormat::grey,
                                PixelFormat::rgb};
  JpegEncoder kept;
  for (const PixelFormat before : kFormats) {
    for (const PixelFormat after : kFormats) {
      encoded(kept, before, 97);
      JpegEncoder fresh;
      EXPECT_EQ(encoded(kept, after, 60), encoded(fresh, after, 60));
    }
  }
}

// The span ends at the start of an inaccessible page. Half of the sizes are odd: for them,
// TurboJPEG reads up to the next even size and pads to whole blocks.
TEST(JpegEncoder, NoiseAtQuality100StaysWithinTheWorstCase) {
  JpegEncoder encoder;
  for (const auto& [width, height] : {std::pair{1, 1},
                                      {2, 2},
                                      {7, 9},
                                      {16, 16},
                                      {17, 17},
                                      {160, 120},
                                      {333, 217},
                                      {640, 480},
                                      {1280, 719}}) {
    const Noise noise(width, height, 42);
    const GuardedBytes out(JpegEncoder::worst_case(width, height));
    const size_t size = encoder.encode(noise.view, width, height, 100, out.span());
    ASSERT_GT(size, 0u);
    EXPECT_LE(size, out.span().size());
    const JpegCheck check = check_jpeg(out.span().first(size));
    EXPECT_TRUE(check.ok()) << check.problem;
    EXPECT_EQ(check.size, size);
    EXPECT_EQ(check.width, width);
    EXPECT_EQ(check.height, height);
  }
}

// Noise in the other layouts that it takes, each in a place of exactly the worst-case size.
TEST(JpegEncoder, AcceptsOnlyPlanarAndPackedRgb) {
  JpegEncoder encoder;
  for (int number = 0; number <= static_cast<int>(PixelFormat::xbgr); ++number) {
    const auto format = static_cast<PixelFormat>(number);
    const bool taken = format == PixelFormat::yuv420 || format == PixelFormat::yuv422 ||
                       format == PixelFormat::grey || format >= PixelFormat::rgb;
    for (const auto& [width, height] : {std::pair{64, 48}, {34, 17}}) {
      const RawPicture picture(format, width, height);
      RawView raw = picture.view();
      ASSERT_EQ(encoder.takes(raw, width, height), taken) << number;
      if (!taken) continue;
      const GuardedBytes out(encoder.bytes_needed(raw, width, height));
      const size_t size = encoder.encode(raw, width, height, 100, out.span());
      const Brightness decoded = decode(out.span().first(size));
      ASSERT_EQ(decoded.width, width);
      ASSERT_EQ(decoded.height, height);
      if (format >= PixelFormat::rgb) continue;
      for (int x = 0; x < width; ++x) ASSERT_NEAR(decoded.at(x, 5), picture.luma(x, 5), 4);
      raw.limited_range = true;
      EXPECT_FALSE(encoder.takes(raw, width, height));
    }
  }
}

TEST(JpegEncoder, KeepsTheChannelOrderOfPackedPixels) {
  JpegEncoder encoder;
  for (const auto& [format, bytes, green] : {std::tuple{PixelFormat::rgb, 3, 1},
                                             {PixelFormat::bgr, 3, 1},
                                             {PixelFormat::rgbx, 4, 1},
                                             {PixelFormat::bgrx, 4, 1},
                                             {PixelFormat::xrgb, 4, 2},
                                             {PixelFormat::xbgr, 4, 2}}) {
    for (int channel = 0; channel < 3; ++channel) {
      std::vector<uint8_t> pixels(static_cast<size_t>(16 * 16 * bytes));
      for (size_t i = 0; i < 16 * 16; ++i) {
        pixels[i * size_t(bytes) + size_t(green - 1 + channel)] = 255;
      }
      RawView raw{.format = format};
      raw.planes[0] = pixels.data();
      raw.strides[0] = 16 * bytes;
      Bytes out(encoder.bytes_needed(raw, 16, 16));
      out.resize(encoder.encode(raw, 16, 16, 95, out));
      const bool red_first =
          format == PixelFormat::rgb || format == PixelFormat::rgbx || format == PixelFormat::xrgb;
      const int colour = red_first ? channel : 2 - channel;
      const int expected = colour == 0 ? 76 : colour == 1 ? 150 : 29;  // of red, green, blue
      EXPECT_NEAR(decode(out).mean(), expected, 2) << int(format) << ' ' << channel;
    }
  }
}

TEST(JpegEncoder, AppliesQuality) {
  const Noise noise(160, 120, 7);
  JpegEncoder encoder;
  Bytes out(JpegEncoder::worst_case(160, 120));
  size_t last = 0;
  for (const int quality : {1, 25, 50, 75, 100}) {
    const size_t size = encoder.encode(noise.view, 160, 120, quality, out);
    EXPECT_GT(size, last) << quality;
    last = size;
  }
}

TEST(JpegEncoderDeathTest, BufferBelowTheWorstCaseAborts) {
  const Noise noise(64, 64, 7);
  JpegEncoder encoder;
  Bytes out(JpegEncoder::worst_case(64, 64) - 1);
  EXPECT_DEATH(encoder.encode(noise.view, 64, 64, 1, out), "out.size\\(\\) >= capacity");
}

TEST(JpegEncoderDeathTest, QualityOutOfRangeAborts) {
  const Noise noise(64, 64, 7);
  JpegEncoder encoder;
  Bytes out(JpegEncoder::worst_case(64, 64));
  EXPECT_DEATH(encoder.encode(noise.view, 64, 64, 0, out), "quality");
  EXPECT_DEATH(encoder.encode(noise.view, 64, 64, 101, out), "quality");
}

}  // namespace
}  // namespace fanlight
