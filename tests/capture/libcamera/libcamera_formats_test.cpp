// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/libcamera_formats.h"

#include <gtest/gtest.h>

#include <vector>

namespace fanlight {
namespace {

namespace formats = libcamera::formats;
using Pieces = std::vector<std::span<const uint8_t>>;

const std::vector<uint8_t> kMemory(1 << 16);

std::span<const uint8_t> piece(size_t offset, size_t length) {
  return std::span(kMemory).subspan(offset, length);
}

// Offsets of the planes from the start of the memory.
std::vector<ptrdiff_t> offsets(const RawView& view) {
  std::vector<ptrdiff_t> result;
  for (const uint8_t* plane : view.planes) {
    if (plane != nullptr) result.push_back(plane - kMemory.data());
  }
  return result;
}

TEST(LibcameraFormats, AcceptsFormatsThatAnEncoderCanTake) {
  EXPECT_FALSE(find_libcamera_format(formats::MJPEG)->pixels.has_value());
  EXPECT_EQ(find_libcamera_format(formats::YUV420)->pixels, PixelFormat::yuv420);
  EXPECT_EQ(find_libcamera_format(formats::SRGGB10_CSI2P), nullptr);
  EXPECT_EQ(find_libcamera_format({}), nullptr);
  EXPECT_EQ(find_libcamera_format(libcamera::PixelFormat(formats::NV12.fourcc(), 5)), nullptr)
      << "tiled by a modifier";
}

// drm_fourcc.h: DRM_FORMAT_RGB888 is [23:0] R:G:B little endian, so B is first in memory.
TEST(LibcameraFormats, RgbNamesAreReversed) {
  EXPECT_EQ(find_libcamera_format(formats::RGB888)->pixels, PixelFormat::bgr);
  EXPECT_EQ(find_libcamera_format(formats::BGR888)->pixels, PixelFormat::rgb);
  EXPECT_EQ(find_libcamera_format(formats::XRGB8888)->pixels, PixelFormat::bgrx);
  EXPECT_EQ(find_libcamera_format(formats::RGBX8888)->pixels, PixelFormat::xbgr);
  EXPECT_FALSE(is_yuv(PixelFormat::bgr));
  EXPECT_FALSE(is_yuv(PixelFormat::xbgr));
  EXPECT_TRUE(is_yuv(PixelFormat::yuyv));
  EXPECT_TRUE(is_yuv(PixelFormat::grey));
}

TEST(LibcameraFormats, PlanesInSeparateBuffers) {
  const auto view = view_planes(PixelFormat::yuv420, {60, 40}, 64,
                                Pieces{piece(0, 2560), piece(4096, 640), piece(8192, 640)});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->format, PixelFormat::yuv420);
  EXPECT_EQ(offsets(*view), (std::vector<ptrdiff_t>{0, 4096, 8192}));
  EXPECT_EQ(view->strides, (std::array{64, 32, 32}));
}

TEST(LibcameraFormats, PlanesInOneBuffer) {
  const auto planar = view_planes(PixelFormat::yuv420, {60, 40}, 64, Pieces{piece(0, 3840)});
  ASSERT_TRUE(planar);
  EXPECT_EQ(offsets(*planar), (std::vector<ptrdiff_t>{0, 2560, 3200}));
  const auto pairs = view_planes(PixelFormat::nv16, {60, 40}, 64, Pieces{piece(0, 5120)});
  ASSERT_TRUE(pairs);
  EXPECT_EQ(offsets(*pairs), (std::vector<ptrdiff_t>{0, 2560}));
  EXPECT_EQ(pairs->strides, (std::array{64, 64, 0}));
  const auto packed = view_planes(PixelFormat::yuyv, {32, 40}, 64, Pieces{piece(16, 2560)});
  ASSERT_TRUE(packed);
  EXPECT_EQ(offsets(*packed), (std::vector<ptrdiff_t>{16}));
}

// One byte less than a format needs is rejected, for every format and every kind of wrong size.
TEST(LibcameraFormats, RefusesABufferThatIsTooSmall) {
  for (const LibcameraPixelFormat& line : kLibcameraFormats) {
    if (!line.pixels) continue;
    const PlaneLayout layout = plane_layout(*line.pixels);
    const uint32_t row = 60 * layout.row_bytes_per_pixel;
    const uint32_t stride = row + 8;
    const uint32_t colour_stride = stride / layout.colour_stride_divisor;
    const uint32_t colour_rows = 40 / layout.colour_rows_divisor;
    const uint32_t first = stride * 40;
    const uint32_t others = static_cast<uint32_t>(layout.planes - 1) * colour_stride * colour_rows;
    const uint32_t padding = layout.planes == 1 ? 8 : 8 / layout.colour_stride_divisor;
    const uint32_t needed = first + others - padding;
    const std::string name = line.libcamera_format.toString();
    const libcamera::Size size{60, 40};
    EXPECT_TRUE(view_planes(*line.pixels, size, stride, Pieces{piece(0, needed)})) << name;
    EXPECT_FALSE(view_planes(*line.pixels, size, stride, Pieces{piece(0, needed - 1)})) << name;
    EXPECT_FALSE(view_planes(*line.pixels, size, row - 1, Pieces{piece(0, 1 << 16)})) << name;
    EXPECT_FALSE(view_planes(*line.pixels, size, stride, Pieces{})) << name;
  }
}

TEST(LibcameraFormats, RefusesImpossibleSizes) {
  const Pieces pieces{piece(0, 1 << 16)};
  EXPECT_FALSE(view_planes(PixelFormat::grey, {0, 0}, 64, pieces));
  EXPECT_FALSE(view_planes(PixelFormat::grey, {64, 0xffffffff}, 64, pieces));
  EXPECT_FALSE(view_planes(PixelFormat::grey, {0xffffffff, 4}, 0xffffffff, pieces));
  EXPECT_FALSE(view_planes(PixelFormat::rgbx, {0x40000001, 4}, 4, pieces)) << "32 bits wrap";
  EXPECT_FALSE(view_planes(PixelFormat::yuv420, {4, 4}, 8, Pieces{piece(0, 64), piece(64, 64)}))
      << "a plane is missing";
}

TEST(LibcameraFormats, RoundsSizesToWholeChromaSamples) {
  EXPECT_EQ(usable_size(PixelFormat::yuv420, {641, 481}), libcamera::Size(640, 480));
  EXPECT_EQ(usable_size(PixelFormat::yuyv, {641, 481}), libcamera::Size(640, 481));
  EXPECT_EQ(usable_size(PixelFormat::rgb, {641, 481}), libcamera::Size(641, 481));
  EXPECT_EQ(usable_size(PixelFormat::nv12, {1, 1}), libcamera::Size(0, 0));
}

TEST(LibcameraFormats, TimestampIsAnInstantOfOurClock) {
  const Instant now{1000s};
  const auto stamp = [](Duration since_boot) { return static_cast<uint64_t>(since_boot.count()); };
  EXPECT_EQ(capture_instant(stamp(1000s - 33ms), now), now - 33ms);
  EXPECT_EQ(capture_instant(stamp(1000s), now), now);
  EXPECT_EQ(capture_instant(stamp(941s), now), now - 59s) << "long exposures";
}

TEST(LibcameraFormats, TimestampOfAnotherClockMeansNow) {
  const Instant now{1000s};
  EXPECT_EQ(capture_instant(0, now), now) << "none";
  EXPECT_EQ(capture_instant(1'000'000'000'001, now), now) << "the future";
  EXPECT_EQ(capture_instant(1'763'000'000'000'000'000, now), now) << "wall clock time";
  EXPECT_EQ(capture_instant(UINT64_MAX, now), now);
  EXPECT_EQ(capture_instant(900'000'000'000, now), now) << "implausibly old";
}

}  // namespace
}  // namespace fanlight
