// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_offers.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "tests/capture/v4l2/fake_v4l2.h"

namespace fanlight {
namespace {

class V4l2OffersTest : public testing::Test {
 protected:
  std::vector<V4l2Offer> offers(const V4l2Wish& wish = {},
                                V4l2Conversion conversion = V4l2Conversion::off) {
    V4l2Device device(io_, "/dev/fake-video0", conversion);
    return enumerate_v4l2_offers(device, wish);
  }
  // "640x480@5-30 ..." of the first format.
  std::string sizes(const V4l2Wish& wish = {}) {
    std::string text;
    const auto all = offers(wish);
    for (const V4l2Size& size : all.at(0).sizes) {
      text += (text.empty() ? "" : " ") + std::to_string(size.width) + 'x' +
              std::to_string(size.height) + '@' + std::to_string(int(size.fps_min)) + '-' +
              std::to_string(int(size.fps_max));
    }
    return text;
  }

  FakeV4l2 io_;
  FakeCamera& camera_ = io_.add("/dev/fake-video0");
};

TEST_F(V4l2OffersTest, ListsEveryFormatWithSizesAndRates) {
  camera_.formats = {{V4L2_PIX_FMT_YUYV, {{640, 480, {30, 15, 5}}, {1280, 720, {10}}}},
                     {V4L2_PIX_FMT_MJPEG, {{1280, 720, {}}}}};
  const auto all = offers();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].fourcc, V4L2_PIX_FMT_YUYV);
  EXPECT_FALSE(all[0].is_emulated);
  EXPECT_EQ(sizes(), "640x480@5-30 1280x720@10-10");
  EXPECT_EQ(all[1].sizes.at(0).fps_max, 0) << "the driver does not report it";
}

TEST_F(V4l2OffersTest, SamplesARangeOfSizes) {
  camera_.formats = {{V4L2_PIX_FMT_YUYV, {}}};
  camera_.formats[0].size_range = v4l2_frmsize_stepwise{32, 2592, 2, 32, 1944, 2};
  camera_.formats[0].interval_range = v4l2_frmival_stepwise{{1, 90}, {1, 2}, {1, 1}};
  EXPECT_EQ(sizes(),
            "2592x1944@2-90 1920x1080@2-90 1280x720@2-90 800x600@2-90 640x480@2-90 "
            "320x240@2-90 160x120@2-90");
  EXPECT_EQ(sizes({1001, 501, 0}).substr(0, 13), "1000x500@2-90") << "rounded to a step";
  camera_.formats[0].size_range = v4l2_frmsize_stepwise{1920, 1920, 0, 1080, 1080, 0};
  EXPECT_EQ(sizes(), "1920x1080@2-90") << "a range of a single size, without steps";
}

TEST_F(V4l2OffersTest, WithoutAListTheCurrentOrRequestedSizeIsUsed) {
  camera_.formats = {{V4L2_PIX_FMT_YUYV, {}}};
  EXPECT_EQ(sizes(), "") << "nothing is set yet";
  camera_.format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  camera_.format.fmt.pix.width = 1280;
  camera_.format.fmt.pix.height = 800;
  EXPECT_EQ(sizes(), "1280x800@0-0");
  EXPECT_EQ(sizes({640, 480, 0}), "640x480@0-0");
  camera_.be_multiplanar();
  camera_.format.fmt.pix_mp.height = 720;
  EXPECT_EQ(sizes(), "1280x720@0-0");
}

TEST_F(V4l2OffersTest, ListsAndMarksLibv4l2FormatsOnRequest) {
  camera_.formats = {{V4L2_PIX_FMT_SRGGB8, {{640, 480, {30}}}},
                     {V4L2_PIX_FMT_RGB24, {{640, 480, {30}}}, {}, {}, true},
                     {V4L2_PIX_FMT_SRGGB8, {{640, 480, {30}}}, {}, {}, true}};
  EXPECT_EQ(offers().size(), 1u);
  const auto all = offers({}, V4l2Conversion::on);
  ASSERT_EQ(all.size(), 2u) << "duplicates are listed once";
  EXPECT_FALSE(all[0].is_emulated);
  EXPECT_TRUE(all[1].is_emulated);
}

TEST_F(V4l2OffersTest, OmitsInvalidEntries) {
  camera_.formats = {
      {V4L2_PIX_FMT_YUYV,
       {{0, 0, {30}}, {UINT32_MAX, 480, {30}}, {640, 480, {0, 30}}, {640, 480, {}}}}};
  EXPECT_EQ(sizes(), "640x480@30-30");
  camera_.formats[0].size_range =
      v4l2_frmsize_stepwise{UINT32_MAX, 0, UINT32_MAX, 0, UINT32_MAX, 1};
  const auto all = offers();
  for (const V4l2Size& size : all.at(0).sizes) EXPECT_LT(size.width, kPictureSideMin);
}

// A driver whose lists never end.
TEST_F(V4l2OffersTest, IsBoundedWhateverTheDriverReturns) {
  uint32_t lists = 0;
  camera_.answer = [&](unsigned long request, void* argument) -> std::optional<int> {
    ++lists;
    switch (request) {
      case VIDIOC_ENUM_FMT:
        static_cast<v4l2_fmtdesc*>(argument)->pixelformat =
            1 + static_cast<v4l2_fmtdesc*>(argument)->index;
        return 0;
      case VIDIOC_ENUM_FRAMESIZES: {
        auto& size = *static_cast<v4l2_frmsizeenum*>(argument);
        size.type = V4L2_FRMSIZE_TYPE_DISCRETE;
        size.discrete = {16 + size.index, 16};
        return 0;
      }
      case VIDIOC_ENUM_FRAMEINTERVALS:
        static_cast<v4l2_frmivalenum*>(argument)->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        static_cast<v4l2_frmivalenum*>(argument)->discrete = {1, 30};
        return 0;
      default:
        return std::nullopt;
    }
  };
  EXPECT_LE(offers().size(), 128u);
  EXPECT_LT(lists, 300'000u);
}

TEST_F(V4l2OffersTest, RemovalDuringEnumerationThrows) {
  camera_.formats = {{V4L2_PIX_FMT_YUYV, {{640, 480, {30}}}}};
  for (const unsigned long request :
       {VIDIOC_ENUM_FMT, VIDIOC_ENUM_FRAMESIZES, VIDIOC_ENUM_FRAMEINTERVALS}) {
    camera_.fail(request, ENODEV);
    EXPECT_THROW(offers(), std::system_error);
    camera_.fail(request, EIO);
    EXPECT_NO_THROW(offers()) << "an unreadable list counts as ended";
  }
}

}  // namespace
}  // namespace fanlight
