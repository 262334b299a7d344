// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_m2m_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <system_error>

#include "core/random.h"
#include "tests/capture/jpeg/test_jpeg.h"
#include "tests/capture/v4l2/fake_system.h"
#include "tests/capture/v4l2/fake_v4l2_m2m.h"

namespace fanlight {
namespace {

// A picture of noise, with longer rows than necessary.
class RawPicture {
 public:
  RawPicture(PixelFormat format, int width, int height) {
    Random random(7);
    const bool is_packed = format == PixelFormat::yuyv;
    const bool is_planar = format == PixelFormat::yuv420;
    view.format = format;
    const int planes = is_packed ? 1 : is_planar ? 3 : 2;
    for (int i = 0; i < planes; i++) {
      const int stride = (i > 0 && is_planar ? width / 2 : is_packed ? 2 * width : width) + 10;
      const int rows = i > 0 ? height / 2 : height;
      planes_[i].resize(static_cast<size_t>(stride * rows));
      for (uint8_t& byte : planes_[i]) byte = static_cast<uint8_t>(random.below(256));
      view.planes[static_cast<size_t>(i)] = planes_[i].data();
      view.strides[static_cast<size_t>(i)] = stride;
    }
  }
  RawView view{};

 private:
  std::vector<uint8_t> planes_[3];
};

class V4l2M2m : public testing::Test {
 protected:
  // The JPEG; empty if the encoder failed.
  static Bytes encode(V4l2M2mEncoder& encoder, const RawView& raw, int width, int height,
                      int quality = 80) {
    Bytes out(encoder.bytes_needed(raw, width, height));
    out.resize(encoder.encode(raw, width, height, quality, out));
    return out;
  }

  // The JPEG that TurboJPEG encodes.
  static Bytes expected(const RawView& raw, int width, int height, int quality = 80) {
    JpegEncoder encoder;
    Bytes out(encoder.bytes_needed(raw, width, height));
    out.resize(encoder.encode(raw, width, height, quality, out));
    return out;
  }

  // The errno of a failed opening; 0 if it succeeds.
  int refusal() {
    try {
      const V4l2M2mEncoder encoder(device_, FakeV4l2M2m::kPath);
      return 0;
    } catch (const std::system_error& error) {
      return error.code().value();
    }
  }

  FakeV4l2M2m device_;
};

TEST_F(V4l2M2m, EncodesThePictureItIsGiven) {
  V4l2M2mEncoder encoder(device_, FakeV4l2M2m::kPath);
  EXPECT_EQ(encoder.name(), "fake-encode_image at /dev/video31");
  // Rows and columns are rounded up in the device's memory.
  for (const auto& [width, height] : {std::pair{64, 64}, {70, 50}, {1920, 1080}}) {
    const RawPicture picture(PixelFormat::yuv420, width, height);
    ASSERT_TRUE(encoder.takes(picture.view, width, height));
    EXPECT_EQ(encode(encoder, picture.view, width, height), expected(picture.view, width, height));
  }
}

TEST_F(V4l2M2m, IsConfiguredOncePerPictureSize) {
  V4l2M2mEncoder encoder(device_, FakeV4l2M2m::kPath);
  const RawPicture picture(PixelFormat::yuv420, 64, 48);
  for (int i = 0; i < 5; i++) ASSERT_FALSE(encode(encoder, picture.view, 64, 48).empty());
  EXPECT_EQ(device_.encoded, 5);
  EXPECT_EQ(device_.opened, 2);  // to inspect it, and to set it up
  const RawPicture larger(PixelFormat::yuv420, 128, 96);
  ASSERT_FALSE(encode(encoder, larger.view, 128, 96).empty());
  EXPECT_EQ(device_.opened, 3);
}

TEST_F(V4l2M2m, QualityMayChangeBetweenPictures) {
  V4l2M2mEncoder encoder(device_, FakeV4l2M2m::kPath);
  const RawPicture picture(PixelFormat::yuv420, 64, 48);
  for (const int quality : {80, 30, 100}) {
    EXPECT_EQ(encode(encoder, picture.view, 64, 48, quality),
              expected(picture.view, 64, 48, quality));
    EXPECT_EQ(device_.quality, quality);
  }
  EXPECT_EQ(device_.opened, 2);
}

// The rows of the other formats are where the device expects them: the fake reads them like a V4L2
// source.
TEST_F(V4l2M2m, UsesOtherFormatsIfTheDeviceSupportsThem) {
  device_.inputs = {V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUYV};
  const V4l2M2mEncoder encoder(device_, FakeV4l2M2m::kPath);
  EXPECT_TRUE(encoder.takes(RawPicture(PixelFormat::nv12, 64, 48).view, 64, 48));
  EXPECT_TRUE(encoder.takes(RawPicture(PixelFormat::yuyv, 64, 48).view, 64, 48));
  EXPECT_FALSE(encoder.takes(RawPicture(PixelFormat::yuv420, 64, 48).view, 64, 48));
}

TEST_F(V4l2M2m, PlanesFollowTheDriversLayout) {
  device_.inputs = {V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUYV};
  for (const PixelFormat format : {PixelFormat::nv12, PixelFormat::yuyv}) {
    V4l2M2mEncoder encoder(device_, FakeV4l2M2m::kPath);
    const RawPicture picture(format, 70, 50);
    ASSERT_FALSE(encode(encoder, picture.view, 70, 50).empty());
    const RawView& seen = device_.seen();
    for (size_t plane = 0; plane < (format == PixelFormat::nv12 ? 2u : 1u); plane++) {
      const int bytes = format == PixelFormat::nv12 ? 70 : 140;
      for (int row = 0; row < (plane == 0 ? 50 : 25); row++) {
        const uint8_t* mine = picture.view.planes[plane] + row * picture.view.strides[plane];
        const uint8_t* there = seen.planes[plane] + row * seen.strides[plane];
        ASSERT_TRUE(std::equal(mine, mine + bytes, there)) << plane << " " << row;
      }
    }
  }
}

TEST_F(V4l2M2m, LeavesUnsupportedPicturesToTurboJpeg) {
  const V4l2M2mEncoder encoder(device_, FakeV4l2M2m::kPath);
  RawView raw = RawPicture(PixelFormat::yuv420, 64, 48).view;
  EXPECT_TRUE(encoder.takes(raw, 64, 48));
  EXPECT_TRUE(encoder.takes(raw, 1920, 1920));
  for (const auto& [width, height] :
       {std::pair{1922, 1080}, {640, 1922}, {30, 64}, {65, 48}, {64, 49}}) {
    EXPECT_FALSE(encoder.takes(raw, width, height)) << width << "x" << height;
  }
  raw.limited_range = true;
  EXPECT_FALSE(encoder.takes(raw, 64, 48));
}

TEST_F(V4l2M2m, AcceptsOnlyJpegEncoders) {
  EXPECT_EQ(refusal(), 0);
  device_.capabilities = V4L2_CAP_VIDEO_CAPTURE;
  EXPECT_EQ(refusal(), ENOTTY);
  device_.capabilities = V4L2_CAP_VIDEO_M2M_MPLANE;
  device_.output = V4L2_PIX_FMT_H264;
  EXPECT_EQ(refusal(), ENOTTY);
  device_.output = V4L2_PIX_FMT_JPEG;
  device_.inputs = {V4L2_PIX_FMT_SBGGR8};
  EXPECT_EQ(refusal(), ENOTTY);
  device_.inputs = {V4L2_PIX_FMT_YUV420};
  for (const unsigned long request : {VIDIOC_QUERYCTRL, VIDIOC_ENUM_FRAMESIZES}) {
    device_.errors = {{request, EINVAL}};
    EXPECT_EQ(refusal(), ENOTTY);
  }
  device_.errors = {{VIDIOC_QUERYCAP, EIO}};
  EXPECT_EQ(refusal(), EIO);
  device_.path = "elsewhere";
  EXPECT_EQ(refusal(), ENOENT);
}

TEST_F(V4l2M2m, EveryDriverErrorIsAFailureWithoutSideEffects) {
  const RawPicture picture(PixelFormat::yuv420, 64, 48);
  for (const unsigned long request :
       {VIDIOC_S_FMT, VIDIOC_REQBUFS, VIDIOC_QUERYBUF, VIDIOC_STREAMON, VIDIOC_S_CTRL, VIDIOC_QBUF,
        VIDIOC_DQBUF, 0ul /* mmap(2) */}) {
    V4l2M2mEncoder encoder(device_, FakeV4l2M2m::kPath);
    device_.errors = {{request, EIO}};
    EXPECT_TRUE(encode(encoder, picture.view, 64, 48).empty()) << request;
    EXPECT_EQ(device_.opened, device_.closed);
    // The failure was not permanent.
    device_.errors.clear();
    EXPECT_FALSE(encode(encoder, picture.view, 64, 48).empty()) << request;
  }
}

// The ways in which a device can claim a finished JPEG wrongly.
TEST_F(V4l2M2m, InvalidOutputIsAFailure) {
  const RawPicture picture(PixelFormat::yuv420, 64, 50);
  const std::function<void(FakeV4l2M2m&)> lies[] = {
      [](FakeV4l2M2m& device) { device.is_hung = true; },
      [](FakeV4l2M2m& device) { device.is_hung = device.wakes_for_nothing = true; },
      [](FakeV4l2M2m& device) { device.buffer_flags = V4L2_BUF_FLAG_ERROR; },
      [](FakeV4l2M2m& device) { device.buffer_index = 1; },
      [](FakeV4l2M2m& device) { device.bytes_used_more = 1 << 30; },
      [](FakeV4l2M2m& device) { device.buffer_length_less = 100 << 20; },
      [](FakeV4l2M2m& device) { device.buffer_length_less = 64; },
      [](FakeV4l2M2m& device) { device.jpeg_bytes_lost = 100; },
      [](FakeV4l2M2m& device) { device.jpeg_bytes_lost = 1 << 30; },
      [](FakeV4l2M2m& device) { device.ignores_selection = true; },
  };
  for (size_t i = 0; i < std::size(lies); i++) {
    FakeV4l2M2m device;
    V4l2M2mEncoder encoder(device, FakeV4l2M2m::kPath, 0ms);
    ASSERT_FALSE(encode(encoder, picture.view, 64, 50).empty());
    lies[i](device);
    const RawPicture other(PixelFormat::yuv420, 128, 98);
    EXPECT_TRUE(encode(encoder, other.view, 128, 98).empty()) << i;
  }
}

TEST_F(V4l2M2m, FindsTheEncoderOfThisMachine) {
  FakeSystem system;
  EXPECT_EQ(find_v4l2_m2m_encoder(device_, system.roots()), nullptr);
  system.write("dev/video0", "");
  system.write("dev/video31", "");
  EXPECT_EQ(find_v4l2_m2m_encoder(device_, system.roots()), nullptr);
  device_.path = system.dev("video31");
  const std::unique_ptr<Encoder> encoder = find_v4l2_m2m_encoder(device_, system.roots());
  ASSERT_NE(encoder, nullptr);
  EXPECT_EQ(encoder->name(), "fake-encode_image at " + system.dev("video31"));
}

}  // namespace
}  // namespace fanlight
