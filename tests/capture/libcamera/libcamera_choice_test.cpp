// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/libcamera_choice.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fanlight {
namespace {

namespace formats = libcamera::formats;

LibcameraOffer offer(const libcamera::PixelFormat& format, unsigned width, unsigned height) {
  const LibcameraPixelFormat* line = find_libcamera_format(format);
  EXPECT_NE(line, nullptr) << format.toString();
  return {line, {width, height}};
}

std::string chosen(const std::vector<LibcameraOffer>& offers, unsigned width, unsigned height) {
  const LibcameraOffer* best = choose_libcamera_offer(offers, {width, height});
  if (best == nullptr) return "none";
  return best->format->libcamera_format.toString() + " " + best->size.toString();
}

TEST(LibcameraChoice, ChoosesTheCheapestFormatWithTheSize) {
  EXPECT_EQ(chosen({offer(formats::YUYV, 1280, 720), offer(formats::NV12, 1280, 720),
                    offer(formats::YUV420, 1280, 720), offer(formats::RGB888, 1280, 720)},
                   1280, 720),
            "YUV420 1280x720");
}

TEST(LibcameraChoice, PrefersTheNearestSizeToTheCheapestFormat) {
  EXPECT_EQ(chosen({offer(formats::YUV420, 640, 480), offer(formats::YUYV, 1280, 720)}, 1280, 720),
            "YUYV 1280x720");
  EXPECT_EQ(chosen({offer(formats::YUV420, 640, 480), offer(formats::YUYV, 1920, 1080)}, 800, 600),
            "YUV420 640x480");
}

TEST(LibcameraChoice, ChoosesMotionJpegAtAnySize) {
  EXPECT_EQ(chosen({offer(formats::YUV420, 1280, 720), offer(formats::MJPEG, 640, 480)}, 1280, 720),
            "MJPEG 640x480");
}

TEST(LibcameraChoice, ChoosesGreyOnlyWithoutColourFormats) {
  EXPECT_EQ(chosen({offer(formats::R8, 640, 480), offer(formats::RGB888, 320, 240)}, 640, 480),
            "RGB888 320x240");
  EXPECT_EQ(chosen({offer(formats::R8, 640, 480)}, 320, 240), "R8 640x480");
}

TEST(LibcameraChoice, ChoosesNothingFromAnEmptyList) {
  EXPECT_EQ(chosen({}, 640, 480), "none");
}

const std::vector<LibcameraName> kCameras{
    {"/base/i2c@1/imx708@1a", "imx708"}, {"/base/i2c@0/imx219@10", "imx219"}, {"usb-1", "imx219"}};

TEST(LibcameraChoice, ChoosesTheFirstCameraWithoutAnArgument) {
  EXPECT_EQ(choose_libcamera_camera(kCameras, "", ""), 0u);
  EXPECT_EQ(choose_libcamera_camera({}, "", ""), std::nullopt);
}

TEST(LibcameraChoice, ChoosesThePreviousCameraWithoutAnArgument) {
  EXPECT_EQ(choose_libcamera_camera(kCameras, "", "usb-1"), 2u);
  EXPECT_EQ(choose_libcamera_camera(kCameras, "", "usb-2"), 0u) << "it is unplugged";
}

TEST(LibcameraChoice, ChoosesByIdOrModel) {
  EXPECT_EQ(choose_libcamera_camera(kCameras, "/base/i2c@0/imx219@10", "usb-1"), 1u);
  EXPECT_EQ(choose_libcamera_camera(kCameras, "imx708", ""), 0u);
  EXPECT_EQ(choose_libcamera_camera(kCameras, "imx219", ""), 1u) << "the first of two";
  EXPECT_EQ(choose_libcamera_camera(kCameras, "imx", ""), std::nullopt);
  const std::vector<LibcameraName> twins{{"a", "b"}, {"b", "c"}};
  EXPECT_EQ(choose_libcamera_camera(twins, "b", ""), 1u) << "an ID takes precedence over a model";
}

}  // namespace
}  // namespace fanlight
