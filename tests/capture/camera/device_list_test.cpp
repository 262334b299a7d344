// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/device_list.h"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include <array>

#include "tests/capture/v4l2/fake_system.h"
#include "tests/capture/v4l2/scripted_v4l2.h"

namespace fanlight {
namespace {

constexpr uint32_t kCapture = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;

class DeviceList : public testing::Test {
 protected:
  // A node with this format, 640x480 at 5..30 and 320x240 at 30 pictures a second.
  std::string add(const std::string& node, uint32_t capabilities, uint32_t fourcc,
                  uint32_t format_flags = 0) {
    const std::string path = system_.add_usb_node(node, "1-" + node, "");
    io_.add(path, "Webcam", "usb-" + node, capabilities);
    io_.on<v4l2_fmtdesc>(path, VIDIOC_ENUM_FMT, [=](v4l2_fmtdesc& format) {
      if (format.index > 0) return -EINVAL;
      format.pixelformat = fourcc;
      format.flags = format_flags;
      return 0;
    });
    io_.on<v4l2_frmsizeenum>(path, VIDIOC_ENUM_FRAMESIZES, [](v4l2_frmsizeenum& size) {
      size.type = V4L2_FRMSIZE_TYPE_DISCRETE;
      size.discrete =
          size.index == 0 ? v4l2_frmsize_discrete{640, 480} : v4l2_frmsize_discrete{320, 240};
      return size.index < 2 ? 0 : -EINVAL;
    });
    io_.on<v4l2_frmivalenum>(path, VIDIOC_ENUM_FRAMEINTERVALS, [](v4l2_frmivalenum& interval) {
      interval.type = V4L2_FRMIVAL_TYPE_DISCRETE;
      interval.discrete = {1, interval.index == 0 ? 30u : 5u};
      return interval.index < (interval.width == 640 ? 2 : 1) ? 0 : -EINVAL;
    });
    return path;
  }

  void give_input(const std::string& path) {
    io_.on<v4l2_input>(path, VIDIOC_ENUMINPUT,
                       [](v4l2_input& input) { return input.index == 0 ? 0 : -EINVAL; });
  }

  std::string add_webcam(const std::string& node, uint32_t fourcc = V4L2_PIX_FMT_MJPEG) {
    const std::string path = add(node, kCapture, fourcc);
    give_input(path);
    return path;
  }

  std::vector<V4l2Camera> list() {
    std::vector<V4l2Camera> cameras = list_v4l2_cameras(io_, system_.roots());
    EXPECT_EQ(io_.open_count(), 0u);
    return cameras;
  }

  FakeSystem system_;
  ScriptedV4l2 io_;
};

TEST_F(DeviceList, ListsAWebcamWithFormatsAndControls) {
  const std::string path = add_webcam("video0");
  io_.on<v4l2_queryctrl>(path, VIDIOC_QUERYCTRL, [](v4l2_queryctrl& query) {
    if (query.id >= (V4L2_CID_GAIN | V4L2_CTRL_FLAG_NEXT_CTRL)) return -EINVAL;
    query.id = V4L2_CID_GAIN;
    query.type = V4L2_CTRL_TYPE_INTEGER;
    ScriptedV4l2::copy("Gain", query.name);
    query.maximum = 63;
    query.step = 3;
    return 0;
  });
  io_.on<v4l2_control>(path, VIDIOC_G_CTRL, [](v4l2_control& control) {
    control.value = 6;
    return 0;
  });
  system_.link("dev/v4l/by-id/usb-Webcam-video-index0", "../../video0");
  const std::string stable = system_.dev("v4l/by-id/usb-Webcam-video-index0");

  const std::vector<V4l2Camera> cameras = list();
  ASSERT_EQ(cameras.size(), 1u);
  EXPECT_EQ(cameras[0].node, path);
  EXPECT_EQ(cameras[0].path, stable);
  EXPECT_EQ(cameras[0].name, "Webcam at usb-video0");
  EXPECT_EQ(choose_automatic_source({}, cameras), "v4l2:" + stable);
  EXPECT_EQ(describe_cameras({}, cameras), "v4l2:" + stable + " (auto)\n" +
                                               "    Webcam at usb-video0, now " + path + "\n" +
                                               "  * MJPEG 640x480 at 5..30 fps\n"
                                               "    MJPEG 320x240 at 30 fps\n"
                                               "    gain=6 (0..63, steps of 3, default 0)\n");
}

TEST_F(DeviceList, OmitsDevicesThatAreNotCameras) {
  add("video0", kCapture, V4L2_PIX_FMT_YUV420);  // an ISP's node: it has no input
  give_input(add("video1", kCapture | V4L2_CAP_IO_MC, V4L2_PIX_FMT_YUV420));
  give_input(add("video2", V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING, V4L2_PIX_FMT_YUV420));
  give_input(add("video3", V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING, V4L2_PIX_FMT_YUV420));
  give_input(add("video4", V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING, V4L2_PIX_FMT_YUV420));
  give_input(add("video5", kCapture, V4L2_PIX_FMT_H264));
  io_.refuse(add_webcam("video6"), ENODEV);
  EXPECT_TRUE(list().empty());
  EXPECT_EQ(choose_automatic_source({}, {}), std::nullopt);
  EXPECT_EQ(describe_cameras({}, {}), "(no camera found)\n");
}

TEST_F(DeviceList, StatesWhyACameraCannotBeQueried) {
  io_.refuse(add_webcam("video0"), EACCES);
  const std::vector<V4l2Camera> cameras = list();
  ASSERT_EQ(cameras.size(), 1u);
  EXPECT_NE(cameras[0].problem.find("video"), std::string::npos);
  const std::string spec = "v4l2:" + system_.dev("video0");
  EXPECT_EQ(describe_cameras({}, cameras), spec + " (auto)\n    " + cameras[0].problem + "\n");
}

TEST_F(DeviceList, ChoosesTheFirstWorkingCamera) {
  io_.refuse(add_webcam("video0"), EACCES);
  give_input(add("video1", kCapture, V4L2_PIX_FMT_YUYV, V4L2_FMT_FLAG_EMULATED));
  const std::string third = add_webcam("video2", V4L2_PIX_FMT_YUYV);
  add_webcam("video3");
  std::vector<V4l2Camera> cameras = list();
  ASSERT_EQ(cameras.size(), 4u);
  EXPECT_EQ(choose_automatic_source({}, cameras), "v4l2:" + third);
  cameras.resize(2);
  EXPECT_EQ(choose_automatic_source({}, cameras), "v4l2:" + cameras[1].path);
  cameras.resize(1);
  EXPECT_EQ(choose_automatic_source({}, cameras), "v4l2:" + cameras[0].path);
}

TEST_F(DeviceList, PrefersTheFirstLibcameraCamera) {
  add_webcam("video0");
  std::vector<V4l2Camera> cameras = list();
  cameras[0].device = 7;
  const std::vector<LibcameraCamera> libcamera = {
      {"/base/imx708", "imx708", {3, 4}, {{"YUV420", {{640, 480}, {1920, 1080}}}}},
      {"usb", "", {7}, {}}};
  EXPECT_EQ(choose_automatic_source(libcamera, cameras), "libcamera:/base/imx708");
  EXPECT_EQ(describe_cameras(libcamera, {}),
            "libcamera:/base/imx708 (auto)\n    imx708\n    YUV420 640x480\n"
            "    YUV420 1920x1080\nlibcamera:usb\n");
}

TEST_F(DeviceList, ChoosesV4l2ForAWebcamListedByBoth) {
  add_webcam("video0");
  const std::string second = add_webcam("video1");
  std::vector<V4l2Camera> cameras = list();
  cameras[0].device = 6;
  cameras[1].device = 7;
  const std::vector<LibcameraCamera> libcamera = {{"usb", "", {7, 8}, {}}};
  EXPECT_EQ(choose_automatic_source(libcamera, cameras), "v4l2:" + second);
  cameras[1].problem = "busy";
  EXPECT_EQ(choose_automatic_source(libcamera, cameras), "libcamera:usb");
}

TEST_F(DeviceList, ListsMenusAndFlags) {
  V4l2Camera camera{.node = "/dev/video0", .path = "/dev/video0", .name = "Webcam"};
  Control control{.name = "power", .type = ControlType::menu};
  control.menu = {"Off", "", "50 Hz"};
  control.value = 2;
  control.is_active = false;
  control.is_read_only = true;
  camera.controls = {control};
  EXPECT_EQ(describe_cameras({}, std::array{camera}),
            "v4l2:/dev/video0 (auto)\n    Webcam\n"
            "    power=2 (0: Off, 2: 50 Hz, default 0, inactive, cannot be set)\n");
}

// The devices depend on the machine, but there must be an answer.
TEST_F(DeviceList, ListsTheDevicesOfThisMachine) {
  EXPECT_FALSE(list_devices().empty());
  choose_automatic_source();
}

}  // namespace
}  // namespace fanlight
