// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_choice.h"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include "capture/v4l2/v4l2_format.h"

namespace fanlight {
namespace {

using Sizes = std::vector<V4l2Size>;

// Three cameras in common use.
const Sizes kWebcamJpeg{{640, 480, 5, 30}, {1280, 720, 5, 30}, {1920, 1080, 5, 30}};
const Sizes kWebcamRaw{{640, 480, 5, 30}, {1280, 720, 5, 10}, {1920, 1080, 5, 5}};
const std::vector<V4l2Offer> kWebcam{{V4L2_PIX_FMT_YUYV, "YUYV 4:2:2", false, kWebcamRaw},
                                     {V4L2_PIX_FMT_H264, "H.264", false, kWebcamJpeg},
                                     {V4L2_PIX_FMT_MJPEG, "Motion-JPEG", false, kWebcamJpeg}};
const std::vector<V4l2Offer> kRawWebcam{{V4L2_PIX_FMT_YUYV, "YUYV 4:2:2", false, kWebcamRaw}};

std::string chosen(const std::vector<V4l2Offer>& offers, const V4l2Wish& wish = {}) {
  const auto choice = choose_v4l2_format(offers, wish);
  if (!choice) return "nothing";
  return fourcc_text(choice->fourcc) + ' ' + std::to_string(choice->width) + 'x' +
         std::to_string(choice->height) + '@' + std::to_string(int(choice->fps));
}

TEST(V4l2Choice, DefaultsToMotionJpegAtFullHd) {
  EXPECT_EQ(chosen(kWebcam), "MJPG 1920x1080@30");
}

TEST(V4l2Choice, AcceptsARawFormatThatIsFastEnough) {
  EXPECT_EQ(chosen(kRawWebcam), "YUYV 640x480@30");
  EXPECT_EQ(chosen(kRawWebcam, {0, 0, 5}), "YUYV 1920x1080@5") << "the request is met";
  EXPECT_EQ(chosen(kRawWebcam, {0, 0, 10}), "YUYV 1280x720@10");
}

TEST(V4l2Choice, ChoosesTheRequestedOrNearestSize) {
  EXPECT_EQ(chosen(kWebcam, {1280, 720, 0}), "MJPG 1280x720@30");
  EXPECT_EQ(chosen(kWebcam, {1300, 700, 0}), "MJPG 1280x720@30");
  EXPECT_EQ(chosen(kWebcam, {1, 1, 0}), "MJPG 640x480@30");
  EXPECT_EQ(chosen(kWebcam, {9999, 9999, 0}), "MJPG 1920x1080@30");
  EXPECT_EQ(chosen(kRawWebcam, {1920, 1080, 0}), "YUYV 1920x1080@5") << "slow, but requested";
}

TEST(V4l2Choice, ChoosesTheRequestedRateIfPossible) {
  EXPECT_EQ(chosen(kWebcam, {1280, 720, 15}), "MJPG 1280x720@15");
  EXPECT_EQ(chosen(kWebcam, {1280, 720, 60}), "MJPG 1280x720@30");
  EXPECT_EQ(chosen(kWebcam, {1280, 720, 1}), "MJPG 1280x720@5");
  const std::vector<V4l2Offer> fast{{V4L2_PIX_FMT_MJPEG, "", false, {{640, 480, 1, 120}}}};
  EXPECT_EQ(chosen(fast), "MJPG 640x480@30") << "30 unless more is requested";
  EXPECT_EQ(chosen(fast, {0, 0, 90}), "MJPG 640x480@90");
  const std::vector<V4l2Offer> silent{{V4L2_PIX_FMT_MJPEG, "", false, {{640, 480, 0, 0}}}};
  EXPECT_EQ(chosen(silent, {0, 0, 90}), "MJPG 640x480@90")
      << "its rates are unknown, so the request is tried";
}

TEST(V4l2Choice, ChoosesNoMoreThanScreenSizeByDefault) {
  const Sizes sizes{{1920, 1080, 1, 30}, {3840, 2160, 1, 30}, {1080, 1920, 1, 30}};
  const std::vector<V4l2Offer> large{{V4L2_PIX_FMT_MJPEG, "", false, sizes}};
  EXPECT_EQ(chosen(large), "MJPG 1920x1080@30");
  EXPECT_EQ(chosen(large, {3840, 2160, 0}), "MJPG 3840x2160@30");
  const Sizes huge{{8000, 6000, 1, 30}, {4000, 3000, 1, 30}};
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_MJPEG, "", false, huge}}), "MJPG 4000x3000@30")
      << "the smallest of the larger sizes";
}

TEST(V4l2Choice, IfAllAreTooSlowChoosesTheFastestThenLargest) {
  const Sizes sizes{{320, 240, 1, 15}, {640, 480, 1, 15}, {1280, 720, 1, 8}};
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_YUYV, "", false, sizes}}), "YUYV 640x480@15");
}

TEST(V4l2Choice, AcceptsTelevisionRatesAsRoundOnes) {
  const Sizes sizes{{640, 480, 1, 30}, {1280, 720, 1, 29.97}};
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_MJPEG, "", false, sizes}}, {0, 0, 30}), "MJPG 1280x720@29");
}

TEST(V4l2Choice, ChoosesTheCheapestRawFormatOfEqualSize) {
  const Sizes one{{640, 480, 1, 30}};
  const Sizes two{{640, 480, 1, 30}, {1280, 720, 1, 30}};
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_YUYV, "", false, two},
                    {V4L2_PIX_FMT_NV12, "", false, two},
                    {V4L2_PIX_FMT_RGB24, "", false, two},
                    {V4L2_PIX_FMT_YUV420, "", false, two}}),
            "YU12 1280x720@30");
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_YUYV, "", false, two}, {V4L2_PIX_FMT_YUV420, "", false, one}}),
            "YUYV 1280x720@30")
      << "a larger picture is worth some work";
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_GREY, "", false, two}, {V4L2_PIX_FMT_RGB24, "", false, one}}),
            "RGB3 640x480@30")
      << "colour is preferred to size";
}

TEST(V4l2Choice, Libv4l2ConversionIsTheLastResort) {
  const Sizes sizes{{640, 480, 1, 30}};
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_YUV420, "", true, sizes}, {V4L2_PIX_FMT_GREY, "", false, sizes}}),
            "GREY 640x480@30");
  const auto choice =
      choose_v4l2_format(std::vector<V4l2Offer>{{V4L2_PIX_FMT_SRGGB8, "", false, sizes},
                                                {V4L2_PIX_FMT_RGB24, "", true, sizes},
                                                {V4L2_PIX_FMT_YUV420, "", true, sizes}},
                         {});
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->fourcc, V4L2_PIX_FMT_YUV420);
  EXPECT_TRUE(choice->is_emulated);
}

TEST(V4l2Choice, ChoosesNothingFromAnEmptyList) {
  EXPECT_EQ(chosen({}), "nothing");
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_H264, "", false, kWebcamJpeg}}), "nothing");
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_MJPEG, "", false, {}}}), "nothing");
}

TEST(V4l2Choice, IgnoresAbsurdSizes) {
  const Sizes absurd{{0, 0, 1, 30}, {15, 480, 1, 30}, {-640, 480, 1, 30}, {640, 16385, 1, 30}};
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_MJPEG, "", false, absurd}}), "nothing");
  const Sizes extreme{{16, 16, 1, 30}, {16384, 16384, 1, 30}};
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_MJPEG, "", false, extreme}}), "MJPG 16x16@30");
  EXPECT_EQ(chosen({{V4L2_PIX_FMT_MJPEG, "", false, extreme}}, {16384, 16384, 0}),
            "MJPG 16384x16384@30");
}

}  // namespace
}  // namespace fanlight
