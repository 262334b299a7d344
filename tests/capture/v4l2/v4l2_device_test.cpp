// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_device.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "tests/capture/v4l2/fake_v4l2.h"

namespace fanlight {
namespace {

const std::string kPath = "/dev/fake-video0";

class V4l2DeviceTest : public testing::Test {
 protected:
  V4l2DeviceTest() {
    camera_.formats = {{V4L2_PIX_FMT_YUYV, {{640, 480, {30, 15}}, {320, 240, {30}}}},
                       {V4L2_PIX_FMT_MJPEG, {{1280, 720, {30}}}}};
  }
  V4l2Device open() { return V4l2Device(io_, kPath, V4l2Conversion::off); }

  // The message of the exception that `act` throws, whose errno is `error`.
  template <class Act>
  std::string complaint(int error, Act act) {
    try {
      act();
    } catch (const std::system_error& thrown) {
      EXPECT_EQ(thrown.code().value(), error) << thrown.what();
      return thrown.what();
    }
    ADD_FAILURE() << "expected an exception";
    return "";
  }
  std::string complaint(int error) {
    return complaint(error, [&] { open(); });
  }

  FakeV4l2 io_;
  FakeCamera& camera_ = io_.add(kPath);
};

TEST_F(V4l2DeviceTest, DescribesItself) {
  const V4l2Device device = open();
  EXPECT_EQ(device.name(), "Fake Camera at usb-fake-1");
  EXPECT_EQ(device.path(), kPath);
  EXPECT_EQ(device.buffer_type(), uint32_t{V4L2_BUF_TYPE_VIDEO_CAPTURE});
  EXPECT_FALSE(device.is_multiplanar());
}

TEST_F(V4l2DeviceTest, NameIsMadePrintable) {
  std::fill(std::begin(camera_.capability.card), std::end(camera_.capability.card), uint8_t{'x'});
  camera_.capability.card[0] = '\n';
  camera_.capability.card[1] = 0xff;
  camera_.capability.card[2] = '\x1b';
  EXPECT_EQ(open().name(), " \uFFFD\uFFFD" + std::string(29, 'x') + " at usb-fake-1")
      << "an unterminated name ends with its field";
}

TEST_F(V4l2DeviceTest, AcceptsMultiPlanarDevices) {
  camera_.be_multiplanar();
  EXPECT_TRUE(open().is_multiplanar());
}

TEST_F(V4l2DeviceTest, AcceptsOldDriversWithoutDeviceCapabilities) {
  camera_.capability.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  camera_.capability.device_caps = 0;
  EXPECT_FALSE(open().is_multiplanar());
}

TEST_F(V4l2DeviceTest, RefusesDevicesThatAreNotCameras) {
  EXPECT_NE(complaint(ENOENT, [&] { V4l2Device(io_, "/dev/fake-video1", V4l2Conversion::off); })
                .find("v4l2:/dev/fake-video1: cannot open it; is the camera plugged in?"),
            std::string::npos);
  camera_.open_error = EACCES;
  EXPECT_NE(complaint(EACCES).find("'video'"), std::string::npos);
  camera_.open_error = 0;
  camera_.capability.device_caps = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING;
  EXPECT_NE(complaint(ENOTTY).find("metadata"), std::string::npos);
  camera_.capability.device_caps = V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING;
  EXPECT_NE(complaint(ENOTTY).find("not a camera but Fake Camera"), std::string::npos);
  camera_.capability.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_READWRITE;
  EXPECT_NE(complaint(ENOTTY).find("read(2)"), std::string::npos);
  for (const int error : {ENOTTY, EINVAL}) {
    camera_.fail(VIDIOC_QUERYCAP, error);
    EXPECT_NE(complaint(ENOTTY).find("not a video device"), std::string::npos);
  }
  camera_.fail(VIDIOC_QUERYCAP, ENODEV);
  complaint(ENODEV);
  EXPECT_EQ(io_.open_count(), 0u) << "all were closed again";
}

TEST_F(V4l2DeviceTest, SetsAFormatAndReturnsTheGrantedOne) {
  V4l2Device device = open();
  V4l2Layout layout = device.set_format({V4L2_PIX_FMT_YUYV, false, 600, 400, 30});
  EXPECT_EQ(layout.format->name, "YUYV");
  EXPECT_EQ(layout.width, 640);
  EXPECT_EQ(layout.height, 480);
  layout = device.set_format({V4L2_PIX_FMT_NV12, false, 1280, 720, 30});
  EXPECT_EQ(layout.format->name, "YUYV") << "granted instead, and equally usable";
}

TEST_F(V4l2DeviceTest, SetsMultiPlanarFormats) {
  camera_.be_multiplanar();
  camera_.formats = {{V4L2_PIX_FMT_YUV420M, {{640, 480, {30}}}}};
  V4l2Device device = open();
  const V4l2Layout layout = device.set_format({V4L2_PIX_FMT_YUV420M, false, 640, 480, 30});
  EXPECT_EQ(layout.format->memory_planes, 3);
  EXPECT_EQ(layout.memory[0].stride, 640u);
  EXPECT_EQ(layout.memory[1].stride, 320u);
}

TEST_F(V4l2DeviceTest, InvalidGrantThrows) {
  V4l2Device device = open();
  camera_.grant = [](v4l2_format& format) { format.fmt.pix.width = 0; };
  const V4l2Choice choice{V4L2_PIX_FMT_MJPEG, false, 1280, 720, 30};
  EXPECT_NE(complaint(EPROTO, [&] { device.set_format(choice); })
                .find("requested MJPG 1280x720, driver granted an absurd size"),
            std::string::npos);
  camera_.fail(VIDIOC_S_FMT, EIO);
  EXPECT_NE(complaint(EIO, [&] { device.set_format(choice); }).find("cannot set MJPG 1280x720"),
            std::string::npos);
}

TEST_F(V4l2DeviceTest, SetsTheRateAndReturnsTheGrantedOne) {
  V4l2Device device = open();
  EXPECT_EQ(device.set_rate(25), 40ms);
  EXPECT_EQ(camera_.fps, 25u);
  camera_.fail(VIDIOC_S_PARM, EIO);
  EXPECT_EQ(device.set_rate(10), 40ms) << "refused: the rate is unchanged";
  camera_.fps = 0;
  EXPECT_EQ(device.set_rate(0.5), 0ms) << "1/0 is not an interval";
  camera_.has_rate = false;
  EXPECT_EQ(device.set_rate(25), 0ms) << "not known";
  camera_.has_rate = true;
  camera_.fail(VIDIOC_S_PARM, ENODEV);
  complaint(ENODEV, [&] { device.set_rate(25); });
}

}  // namespace
}  // namespace fanlight
