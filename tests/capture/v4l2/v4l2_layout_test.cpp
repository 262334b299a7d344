// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_layout.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fanlight {
namespace {

v4l2_format granted(uint32_t fourcc, uint32_t width, uint32_t height, uint32_t stride,
                    uint32_t bytes) {
  v4l2_format format{};
  format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  format.fmt.pix.pixelformat = fourcc;
  format.fmt.pix.width = width;
  format.fmt.pix.height = height;
  format.fmt.pix.bytesperline = stride;
  format.fmt.pix.sizeimage = bytes;
  format.fmt.pix.colorspace = V4L2_COLORSPACE_SRGB;
  format.fmt.pix.priv = V4L2_PIX_FMT_PRIV_MAGIC;
  return format;
}

struct Plane {
  uint32_t stride, bytes;
};

v4l2_format granted_planes(uint32_t fourcc, uint32_t width, uint32_t height,
                           const std::vector<Plane>& planes) {
  v4l2_format format{};
  format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  format.fmt.pix_mp.pixelformat = fourcc;
  format.fmt.pix_mp.width = width;
  format.fmt.pix_mp.height = height;
  format.fmt.pix_mp.num_planes = static_cast<uint8_t>(planes.size());
  for (size_t i = 0; i < std::min<size_t>(planes.size(), VIDEO_MAX_PLANES); ++i) {
    format.fmt.pix_mp.plane_fmt[i].bytesperline = planes[i].stride;
    format.fmt.pix_mp.plane_fmt[i].sizeimage = planes[i].bytes;
  }
  return format;
}

std::string problem_of(const v4l2_format& format) {
  return std::string(read_v4l2_layout(format).problem);
}

// A picture whose planes are in one piece of memory: their offsets and strides.
struct Seen {
  std::vector<std::ptrdiff_t> offsets;
  std::vector<int> strides;
  bool operator==(const Seen&) const = default;
};

Seen planes_of(const v4l2_format& format) {
  const V4l2Layout layout = read_v4l2_layout(format);
  EXPECT_EQ(layout.problem, "");
  const std::vector<std::byte> memory(layout.memory[0].bytes);
  const std::span<const std::byte> whole = memory;
  const auto view = raw_view(layout, {&whole, 1});
  EXPECT_TRUE(view);
  Seen seen;
  for (size_t i = 0; view && i < 3; ++i) {
    if (view->planes[i] == nullptr) continue;
    seen.offsets.push_back(reinterpret_cast<const std::byte*>(view->planes[i]) - memory.data());
    seen.strides.push_back(view->strides[i]);
  }
  return seen;
}

TEST(V4l2Layout, PlanesAreContiguous) {
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_YUV420, 64, 48, 80, 80 * 72)),
            (Seen{{0, 80 * 48, 80 * 48 + 40 * 24}, {80, 40, 40}}));
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_YVU420, 64, 48, 80, 80 * 72)),
            (Seen{{0, 80 * 48 + 40 * 24, 80 * 48}, {80, 40, 40}}))
      << "V comes first";
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_YUV422P, 64, 48, 80, 80 * 96)),
            (Seen{{0, 80 * 48, 80 * 48 + 40 * 48}, {80, 40, 40}}));
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_NV12, 64, 48, 80, 80 * 72)),
            (Seen{{0, 80 * 48}, {80, 80}}));
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_NV16, 64, 48, 80, 80 * 96)),
            (Seen{{0, 80 * 48}, {80, 80}}));
}

TEST(V4l2Layout, PackedPixelsAreOnePlane) {
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_YUYV, 64, 48, 130, 130 * 48)), (Seen{{0}, {130}}));
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_RGB24, 64, 48, 200, 200 * 48)), (Seen{{0}, {200}}));
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_XBGR32, 64, 48, 256, 256 * 48)), (Seen{{0}, {256}}));
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_GREY, 64, 48, 64, 64 * 48)), (Seen{{0}, {64}}));
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_YUYV, 64, 48, 0, 128 * 48)), (Seen{{0}, {128}}))
      << "without a stride, the minimum is meant";
}

TEST(V4l2Layout, OddSizesAreCroppedToWholeChromaSamples) {
  V4l2Layout layout =
      read_v4l2_layout(granted(V4L2_PIX_FMT_YUV420, 65, 49, 65, 65 * 49 + 32 * 25 * 2));
  EXPECT_EQ(layout.problem, "");
  EXPECT_EQ(layout.width, 64);
  EXPECT_EQ(layout.height, 48);
  EXPECT_EQ(planes_of(granted(V4L2_PIX_FMT_YUV420, 65, 49, 66, 66 * 49 + 33 * 25 * 2)),
            (Seen{{0, 66 * 49, 66 * 49 + 33 * 25}, {66, 33, 33}}))
      << "they have the offsets of an uncropped picture";
  layout = read_v4l2_layout(granted(V4L2_PIX_FMT_YUYV, 65, 49, 130, 130 * 49));
  EXPECT_EQ(layout.width, 64);
  EXPECT_EQ(layout.height, 49);
  layout = read_v4l2_layout(granted(V4L2_PIX_FMT_RGB24, 65, 49, 195, 195 * 49));
  EXPECT_EQ(layout.width, 65);
  EXPECT_EQ(layout.height, 49);
  layout = read_v4l2_layout(granted(V4L2_PIX_FMT_MJPEG, 65, 49, 0, 10'000));
  EXPECT_EQ(layout.width, 65);
}

TEST(V4l2Layout, MultiPlanarDevicesHaveMemoryForEachPlane) {
  const V4l2Layout layout = read_v4l2_layout(
      granted_planes(V4L2_PIX_FMT_YVU420M, 64, 48, {{80, 80 * 48}, {48, 48 * 24}, {40, 40 * 24}}));
  ASSERT_EQ(layout.problem, "");
  const std::vector<std::byte> y(80 * 48), v(48 * 24), u(40 * 24);
  const std::array<std::span<const std::byte>, 3> memory{y, v, u};
  const auto view = raw_view(layout, memory);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->planes[0], reinterpret_cast<const uint8_t*>(y.data()));
  EXPECT_EQ(view->planes[1], reinterpret_cast<const uint8_t*>(u.data()));
  EXPECT_EQ(view->planes[2], reinterpret_cast<const uint8_t*>(v.data()));
  EXPECT_EQ(view->strides, (std::array{80, 40, 48}));
  EXPECT_EQ(problem_of(granted_planes(V4L2_PIX_FMT_NV12M, 64, 48, {{80, 80 * 48}, {80, 80 * 24}})),
            "");
  EXPECT_EQ(problem_of(granted_planes(V4L2_PIX_FMT_NV12, 64, 48, {{80, 80 * 72}})), "");
}

TEST(V4l2Layout, EveryRawFormatInTheTableHasALayout) {
  for (const V4l2PixelFormat& format : v4l2_formats()) {
    if (format.is_jpeg()) continue;
    const std::vector<Plane> planes(static_cast<size_t>(format.memory_planes),
                                    {640, 640 * 120 * 3});
    const V4l2Layout layout = read_v4l2_layout(granted_planes(format.fourcc, 160, 120, planes));
    ASSERT_EQ(layout.problem, "") << format.name;
    const std::vector<std::byte> memory(640 * 120 * 3);
    const std::array<std::span<const std::byte>, 3> all{memory, memory, memory};
    const auto view = raw_view(layout, all);
    ASSERT_TRUE(view) << format.name;
    EXPECT_EQ(view->format, format.pixels);
    EXPECT_NE(view->planes[0], nullptr);
  }
}

TEST(V4l2Layout, RangeFollowsTheDriverOrItsColourSpace) {
  const auto limited = [](uint32_t fourcc, uint32_t quantization, uint32_t colorspace, bool knows) {
    v4l2_format format = granted(fourcc, 64, 48, 0, 64 * 48 * 4);
    format.fmt.pix.quantization = quantization;
    format.fmt.pix.colorspace = colorspace;
    if (!knows) format.fmt.pix.priv = 0;
    return read_v4l2_layout(format).limited_range;
  };
  const uint32_t yuyv = V4L2_PIX_FMT_YUYV;
  EXPECT_TRUE(limited(yuyv, V4L2_QUANTIZATION_DEFAULT, V4L2_COLORSPACE_SRGB, true));
  EXPECT_TRUE(limited(yuyv, V4L2_QUANTIZATION_DEFAULT, V4L2_COLORSPACE_DEFAULT, true));
  EXPECT_FALSE(limited(yuyv, V4L2_QUANTIZATION_DEFAULT, V4L2_COLORSPACE_JPEG, true));
  EXPECT_FALSE(limited(yuyv, V4L2_QUANTIZATION_FULL_RANGE, V4L2_COLORSPACE_SRGB, true));
  EXPECT_TRUE(limited(yuyv, V4L2_QUANTIZATION_LIM_RANGE, V4L2_COLORSPACE_JPEG, true));
  EXPECT_TRUE(limited(yuyv, V4L2_QUANTIZATION_FULL_RANGE, V4L2_COLORSPACE_SRGB, false))
      << "a driver that does not know the field leaves garbage in it";
  EXPECT_FALSE(limited(V4L2_PIX_FMT_RGB24, V4L2_QUANTIZATION_DEFAULT, V4L2_COLORSPACE_SRGB, true));
  EXPECT_TRUE(limited(V4L2_PIX_FMT_RGB24, V4L2_QUANTIZATION_LIM_RANGE, V4L2_COLORSPACE_SRGB, true));
}

TEST(V4l2Layout, InvalidFormatsAreRefusedWithAMessage) {
  const uint32_t yuyv = V4L2_PIX_FMT_YUYV;
  EXPECT_EQ(problem_of(granted(V4L2_PIX_FMT_H264, 64, 48, 0, 10'000)), "a different format");
  for (const auto& [width, height] : {std::pair{0u, 0u},
                                      {15u, 48u},
                                      {64u, 15u},
                                      {16385u, 48u},
                                      {64u, 16385u},
                                      {UINT32_MAX, UINT32_MAX}}) {
    EXPECT_EQ(problem_of(granted(yuyv, width, height, 0, 1 << 20)), "an absurd size");
  }
  EXPECT_EQ(problem_of(granted(yuyv, 64, 48, 128, 0)), "no memory for a picture");
  EXPECT_EQ(problem_of(granted(V4L2_PIX_FMT_MJPEG, 64, 48, 0, 0)), "no memory for a picture");
  EXPECT_EQ(problem_of(granted(yuyv, 64, 48, 128, (256u << 20) + 1)),
            "an absurd amount of memory for a picture");
  EXPECT_EQ(problem_of(granted(yuyv, 64, 48, UINT32_MAX, 1 << 20)), "absurdly long rows");
  EXPECT_EQ(problem_of(granted(yuyv, 64, 48, 127, 1 << 20)), "rows that are too short");
  EXPECT_EQ(problem_of(granted(V4L2_PIX_FMT_YUV420, 64, 48, 63, 1 << 20)),
            "rows that are too short");
  EXPECT_EQ(problem_of(granted(yuyv, 64, 48, 128, 128 * 48 - 1)), "less memory than its rows need");
  EXPECT_EQ(problem_of(granted(V4L2_PIX_FMT_NV12, 64, 48, 64, 64 * 72 - 1)),
            "less memory than its rows need");
  EXPECT_EQ(problem_of(granted(yuyv, 16384, 16384, 256 << 20, 256 << 20)),
            "less memory than its rows need");
  EXPECT_EQ(problem_of(granted(V4L2_PIX_FMT_NV12M, 64, 48, 64, 64 * 72)),
            "a wrong number of planes");
  EXPECT_EQ(problem_of(granted_planes(yuyv, 64, 48, {})), "a wrong number of planes");
  EXPECT_EQ(problem_of(granted_planes(yuyv, 64, 48, std::vector<Plane>(255, {128, 128 * 48}))),
            "a wrong number of planes");
  EXPECT_EQ(problem_of(granted_planes(V4L2_PIX_FMT_NV12M, 64, 48, {{64, 64 * 48}, {64, 64 * 23}})),
            "less memory than its rows need");
}

// The last row may be shorter than the stride, but no byte of the picture may be missing.
TEST(V4l2Layout, TruncatedPictureIsRejected) {
  const V4l2Layout layout = read_v4l2_layout(granted(V4L2_PIX_FMT_YUV420, 64, 48, 80, 80 * 72));
  const std::vector<std::byte> memory(80 * 72);
  const size_t least = 80 * 48 + 40 * 24 + 40 * 23 + 32;
  const auto is_whole = [&](size_t size) {
    const std::span<const std::byte> bytes = std::span(memory).first(size);
    return raw_view(layout, {&bytes, 1}).has_value();
  };
  EXPECT_TRUE(is_whole(memory.size()));
  EXPECT_TRUE(is_whole(least));
  EXPECT_FALSE(is_whole(least - 1));
  EXPECT_FALSE(is_whole(0));
}

}  // namespace
}  // namespace fanlight
