// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/device_json.h"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

using Json = nlohmann::json;

TEST(DeviceJson, DescribesAWebcam) {
  V4l2Camera camera{.node = "/dev/video2", .path = "/dev/v4l/by-id/x", .name = "Web \"cam\"\xff"};
  camera.offers.push_back({.fourcc = V4L2_PIX_FMT_MJPEG,
                           .description = {},
                           .sizes = {{.width = 1280, .height = 720, .fps_min = 5, .fps_max = 30}}});
  camera.controls.push_back({.name = "brightness", .maximum = 255, .value = 7});
  const Json all = Json::parse(describe_cameras_json({}, std::vector{camera}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["source"], "v4l2:/dev/v4l/by-id/x");
  EXPECT_EQ(all[0]["is_automatic"], true);
  EXPECT_EQ(all[0]["name"], "Web \"cam\"\xef\xbf\xbd");
  EXPECT_EQ(all[0]["node"], "/dev/video2");
  EXPECT_EQ(all[0]["problem"], "");
  EXPECT_EQ(all[0]["formats"][0]["name"], "MJPEG");
  EXPECT_EQ(all[0]["formats"][0]["width"], 1280);
  EXPECT_EQ(all[0]["formats"][0]["fps_max"], 30);
  EXPECT_EQ(all[0]["controls"][0]["name"], "brightness");
  EXPECT_EQ(all[0]["controls"][0]["value"], 7);
}

TEST(DeviceJson, DescribesLibcameraAndInaccessibleCameras) {
  const LibcameraCamera sensor{.id = "/base/i2c@1a",
                               .model = "imx708",
                               .video_devices = {},
                               .formats = {{"NV12", {{640, 480}}}}};
  const V4l2Camera locked{.node = "/dev/video0", .path = "/dev/video0", .problem = "no permission"};
  const Json all = Json::parse(describe_cameras_json(std::vector{sensor}, std::vector{locked}));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["source"], "libcamera:/base/i2c@1a");
  EXPECT_EQ(all[0]["is_automatic"], true);
  EXPECT_EQ(all[0]["formats"][0]["height"], 480);
  EXPECT_EQ(all[1]["is_automatic"], false);
  EXPECT_EQ(all[1]["problem"], "no permission");
  EXPECT_EQ(all[1]["formats"], Json::array());
}

TEST(DeviceJson, ThrowsWhereMemoryIsShort) {
  V4l2Camera camera{.node = "/dev/video2", .path = "/dev/v4l/by-id/x"};
  camera.offers.push_back(
      {.fourcc = V4L2_PIX_FMT_MJPEG, .description = {}, .sizes = {{.width = 1, .height = 1}}});
  camera.controls.push_back({.name = "brightness"});
  EXPECT_GT(fail_each_allocation([&] { describe_cameras_json({}, std::vector{camera}); }), 10);
  EXPECT_GT(fail_each_allocation([] { list_devices_json({}); }), 1);
}

TEST(DeviceJson, ListsTheDevicesOfThisMachine) {
  EXPECT_TRUE(Json::parse(list_devices_json({})).is_array());
  EXPECT_EQ(describe_cameras_json({}, {}), "[]");
}

}  // namespace
}  // namespace fanlight
