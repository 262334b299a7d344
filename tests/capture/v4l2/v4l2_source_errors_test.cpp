// SPDX-License-Identifier: Apache-2.0
// V4l2Source when its device fails: each call with each error at each step. The fake counts
// descriptors and mappings, so every test also shows that none are left.
#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "capture/v4l2/v4l2_source.h"
#include "tests/capture/source/test_camera.h"
#include "tests/capture/v4l2/fake_v4l2.h"

namespace fanlight {
namespace {

const std::string kPath = "/dev/fake-video0";
constexpr int kErrors[] = {EINVAL, EIO, ENODEV, EBUSY, EACCES, ENOMEM, ENOTTY, EPROTO, ETIMEDOUT};

class V4l2SourceErrorsTest : public testing::Test {
 protected:
  V4l2SourceErrorsTest() { camera_.formats = {{V4L2_PIX_FMT_MJPEG, {{640, 480, {30}}}}}; }
  // The log lines of failures are not tested here.
  void SetUp() override { set_log_level(LogLevel::error); }
  void TearDown() override { set_log_level(LogLevel::info); }

  std::unique_ptr<V4l2Source> open() {
    return std::make_unique<V4l2Source>(kPath, SourceOptions{}, clock_, io_);
  }

  struct Thrown {
    int error = 0;
    std::string message;
  };
  template <class Act>
  Thrown thrown_by(Act act) {
    try {
      act();
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find("v4l2:" + kPath), std::string::npos) << error.what();
      return {error.code().value(), error.what()};
    }
    return {};
  }
  Thrown opening() {
    const Thrown thrown = thrown_by([&] { open(); });
    EXPECT_EQ(io_.open_count(), 0u);
    EXPECT_EQ(io_.mapped_count(), 0u);
    return thrown;
  }
  // The error that ends a running source.
  template <class Act>
  Thrown running(Act misfortune) {
    const auto source = open();
    camera_.shoot(bytes_of("well"));
    EXPECT_TRUE(source->next(clock_.now()));
    misfortune();
    return thrown_by([&] { source->next(clock_.now() + 1s); });
  }

  FakeClock clock_;
  FakeV4l2 io_;
  FakeCamera& camera_ = io_.add(kPath);
};

// Without these calls there is no picture.
TEST_F(V4l2SourceErrorsTest, RequiredCallFailingEndsTheOpening) {
  for (const unsigned long request :
       {VIDIOC_S_FMT, VIDIOC_REQBUFS, VIDIOC_QUERYBUF, VIDIOC_QBUF, VIDIOC_STREAMON}) {
    for (const int error : kErrors) {
      camera_.fail(request, error, 0, error == ENOMEM ? 10 : 1);
      EXPECT_EQ(opening().error, error);
      camera_.forget_failures();
    }
  }
  EXPECT_EQ(opening().error, 0) << "and the next attempt succeeds";
}

// These calls query the device, or request something that it may refuse.
TEST_F(V4l2SourceErrorsTest, OptionalCallFailingDoesNotEndTheOpening) {
  for (const unsigned long request : {VIDIOC_ENUM_FRAMEINTERVALS, VIDIOC_G_PARM, VIDIOC_S_PARM,
                                      VIDIOC_SUBSCRIBE_EVENT, VIDIOC_G_INPUT}) {
    for (const int error : kErrors) {
      if (error == ENODEV) continue;
      camera_.fail(request, error);
      EXPECT_EQ(opening().error, 0) << error;
      camera_.forget_failures();
    }
  }
}

TEST_F(V4l2SourceErrorsTest, UnpluggingDuringAnyCallEndsTheOpening) {
  open();
  const auto calls = camera_.calls;
  size_t ended = 0;
  for (const auto& [request, count] : calls) {
    for (int after = 0; after < count; ++after) {
      camera_.fail(request, ENODEV, after, 1000);
      const int error = opening().error;
      EXPECT_TRUE(error == ENODEV || error == 0) << error;
      ended += error == ENODEV ? 1 : 0;
      camera_.forget_failures();
    }
  }
  EXPECT_GT(ended, 10u);
  EXPECT_EQ(opening().error, 0);
}

TEST_F(V4l2SourceErrorsTest, FailedMappingEndsTheOpening) {
  for (int after = 0; after < 4; ++after) {
    camera_.map_fails_after = after;
    EXPECT_EQ(opening().error, ENOMEM);
  }
}

TEST_F(V4l2SourceErrorsTest, MessageSuggestsARemedy) {
  EXPECT_NE(thrown_by([&] {
              camera_.open_error = EACCES;
              open();
            }).message.find("join the group 'video'"),
            std::string::npos);
  camera_.open_error = 0;
  camera_.fail(VIDIOC_REQBUFS, EBUSY);
  EXPECT_NE(opening().message.find("sudo fuser " + kPath), std::string::npos);
  camera_.fail(VIDIOC_STREAMON, ENOSPC);
  EXPECT_NE(opening().message.find("smaller --size"), std::string::npos);
}

TEST_F(V4l2SourceErrorsTest, UnsupportedFormatsAreListedInTheError) {
  camera_.formats = {{V4L2_PIX_FMT_H264, {{640, 480, {30}}}},
                     {V4L2_PIX_FMT_SRGGB10, {{640, 480, {30}}}}};
  Thrown thrown = opening();
  EXPECT_EQ(thrown.error, ENOTSUP);
  EXPECT_NE(thrown.message.find("it has H264 RG10"), std::string::npos) << thrown.message;
  camera_.formats = {};
  thrown = opening();
  EXPECT_EQ(thrown.error, ENOTSUP);
  EXPECT_NE(thrown.message.find("it has no formats"), std::string::npos) << thrown.message;
}

TEST_F(V4l2SourceErrorsTest, InvalidGrantEndsTheOpening) {
  camera_.grant = [](v4l2_format& format) { format.fmt.pix.height = 1 << 20; };
  EXPECT_EQ(opening().error, EPROTO);
  camera_.grant = [](v4l2_format& format) { format.fmt.pix.sizeimage = 1 << 30; };
  EXPECT_EQ(opening().error, EPROTO);
  camera_.grant = [](v4l2_format& format) { format.fmt.pix.pixelformat = V4L2_PIX_FMT_H264; };
  EXPECT_EQ(opening().error, EPROTO);
}

TEST_F(V4l2SourceErrorsTest, DqbufErrorEndsTheSource) {
  for (const int error : {EIO, ENODEV, EINVAL, EPIPE}) {
    EXPECT_EQ(running([&] {
                camera_.shoot(bytes_of("x"));
                camera_.fail(VIDIOC_DQBUF, error);
              }).error,
              error);
    EXPECT_EQ(io_.mapped_count(), 0u);
  }
}

TEST_F(V4l2SourceErrorsTest, RefusedBufferEndsTheSource) {
  for (const int error : {EINVAL, EIO, ENODEV}) {
    EXPECT_EQ(running([&] { camera_.fail(VIDIOC_QBUF, error); }).error, error);
  }
}

TEST_F(V4l2SourceErrorsTest, PollErrorIsExplainedByDqbuf) {
  const Thrown thrown = running([&] {
    camera_.poll_error();
    camera_.fail(VIDIOC_DQBUF, ENODEV);
  });
  EXPECT_EQ(thrown.error, ENODEV) << "unplugged";
}

TEST_F(V4l2SourceErrorsTest, UnexplainedPollErrorEndsTheSource) {
  const Thrown thrown = running([&] { camera_.poll_error(); });
  EXPECT_EQ(thrown.error, EIO);
  EXPECT_LE(camera_.calls[VIDIOC_DQBUF], 10) << "it must give up quickly";
}

TEST_F(V4l2SourceErrorsTest, ReadyPicturesAreDeliveredBeforeAPollError) {
  const auto source = open();
  camera_.shoot(bytes_of("last"));
  camera_.poll_error();
  EXPECT_TRUE(source->next(kNever));
  EXPECT_EQ(thrown_by([&] { source->next(kNever); }).error, EIO);
}

TEST_F(V4l2SourceErrorsTest, ReadinessWithoutAPictureDoesNotSpinForever) {
  EXPECT_EQ(running([&] { camera_.poll_readable(); }).error, EIO);
  EXPECT_LT(camera_.calls[VIDIOC_DQBUF], 2000);
}

TEST_F(V4l2SourceErrorsTest, ToleratesASpuriousWakeUp) {
  const auto source = open();
  camera_.shoot(bytes_of("x"));
  camera_.fail(VIDIOC_DQBUF, EAGAIN, 0, 3);
  EXPECT_TRUE(source->next(clock_.now() + 1s));
}

TEST_F(V4l2SourceErrorsTest, SignalChangeEndsTheSource) {
  int events = 1;
  camera_.answer = [&](unsigned long request, void* argument) -> std::optional<int> {
    if (request == VIDIOC_SUBSCRIBE_EVENT) return 0;
    if (request != VIDIOC_DQEVENT) return std::nullopt;
    if (events-- <= 0) return -ENOENT;
    static_cast<v4l2_event*>(argument)->type = V4L2_EVENT_SOURCE_CHANGE;
    return 0;
  };
  EXPECT_EQ(running([&] { camera_.poll_priority(); }).error, ESTALE);
  EXPECT_EQ(camera_.calls[VIDIOC_SUBSCRIBE_EVENT], 1);
}

// A frame grabber: the size is that of the signal, and without one there are no pictures.
TEST_F(V4l2SourceErrorsTest, FrameGrabberFollowsItsSignal) {
  int signal_error = 0;
  camera_.answer = [&](unsigned long request, void* argument) -> std::optional<int> {
    switch (request) {
      case VIDIOC_G_INPUT:
        *static_cast<int*>(argument) = 0;
        return 0;
      case VIDIOC_ENUMINPUT:
        static_cast<v4l2_input*>(argument)->capabilities = V4L2_IN_CAP_DV_TIMINGS;
        return 0;
      case VIDIOC_QUERY_DV_TIMINGS: {
        auto& timings = *static_cast<v4l2_dv_timings*>(argument);
        timings.type = V4L2_DV_BT_656_1120;
        timings.bt.width = 1280;
        timings.bt.height = 720;
        timings.bt.pixelclock = 1280 * 720 * 50;
        return -signal_error;
      }
      case VIDIOC_S_DV_TIMINGS:
        return 0;
      default:
        return std::nullopt;
    }
  };
  camera_.formats = {{V4L2_PIX_FMT_NV12, {}}};
  camera_.has_rate = false;
  EXPECT_EQ(open()->describe().format, "NV12 1280x720 at 50 fps, encoded here");
  for (const int error : {ENOLINK, ENOLCK, ERANGE, EIO}) {
    signal_error = error;
    EXPECT_EQ(opening().error, error);
  }
  signal_error = ENOLINK;
  EXPECT_NE(opening().message.find("no signal"), std::string::npos);
}

}  // namespace
}  // namespace fanlight
