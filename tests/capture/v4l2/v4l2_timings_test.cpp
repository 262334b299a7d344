// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_timings.h"

#include <gtest/gtest.h>
#include <linux/v4l2-dv-timings.h>
#include <linux/videodev2.h>

#include <optional>
#include <system_error>
#include <vector>

#include "tests/capture/v4l2/scripted_v4l2.h"

#ifdef __clang__
// The kernel's macros are C.
#pragma clang diagnostic ignored "-Wc99-designator"
#pragma clang diagnostic ignored "-Wmissing-field-initializers"
#endif

namespace fanlight {
namespace {

constexpr char kPath[] = "/dev/video0";

class V4l2Timings : public testing::Test {
 protected:
  V4l2Timings() {
    io_.add(kPath, "bridge", "i2c");
    io_.on<int>(kPath, VIDIOC_G_INPUT, [this](int& input) {
      input = input_;
      return 0;
    });
    io_.on<v4l2_dv_timings>(kPath, VIDIOC_QUERY_DV_TIMINGS, [this](v4l2_dv_timings& timings) {
      timings = signal_;
      return 0;
    });
    io_.on<v4l2_dv_timings>(kPath, VIDIOC_S_DV_TIMINGS, [this](v4l2_dv_timings& timings) {
      set_ = timings;
      return 0;
    });
    fd_ = io_.open(kPath, V4l2Conversion::off);
  }
  ~V4l2Timings() override { io_.close(fd_); }

  // The errno of the refusal, or 0; the message is in `message_`.
  int refusal() {
    try {
      adopt_dv_timings(io_, fd_);
      return 0;
    } catch (const std::system_error& error) {
      message_ = error.what();
      return error.code().value();
    }
  }

  ScriptedV4l2 io_;
  int fd_ = -1;
  int input_ = 2;
  v4l2_dv_timings signal_ = V4L2_DV_BT_CEA_1920X1080P60;
  std::optional<v4l2_dv_timings> set_;
  std::string message_;
};

TEST_F(V4l2Timings, ExistOnlyForInputsThatSupportThem) {
  uint32_t capabilities = V4L2_IN_CAP_DV_TIMINGS;
  std::vector<uint32_t> asked;
  io_.on<v4l2_input>(kPath, VIDIOC_ENUMINPUT, [&](v4l2_input& input) {
    asked.push_back(input.index);
    input.capabilities = capabilities;
    return 0;
  });
  EXPECT_TRUE(has_dv_timings(io_, fd_));
  EXPECT_EQ(asked, std::vector<uint32_t>{2});
  capabilities = V4L2_IN_CAP_STD;
  EXPECT_FALSE(has_dv_timings(io_, fd_));
}

TEST_F(V4l2Timings, DeviceWithoutInputsHasNone) {
  EXPECT_FALSE(has_dv_timings(io_, fd_));
  io_.fail(kPath, VIDIOC_G_INPUT, ENOTTY);
  EXPECT_FALSE(has_dv_timings(io_, fd_));
}

TEST_F(V4l2Timings, AreSetAsDetected) {
  const DvTimings timings = adopt_dv_timings(io_, fd_);
  EXPECT_EQ(timings.width, 1920);
  EXPECT_EQ(timings.height, 1080);
  EXPECT_FALSE(timings.is_interlaced);
  EXPECT_NEAR(to_seconds(timings.interval), 1.0 / 60, 1e-8);
  ASSERT_TRUE(set_);
  EXPECT_EQ(std::memcmp(&*set_, &signal_, sizeof(signal_)), 0);
}

TEST_F(V4l2Timings, InterlacedPictureIsBothFields) {
  signal_ = V4L2_DV_BT_CEA_1920X1080I50;
  const DvTimings timings = adopt_dv_timings(io_, fd_);
  EXPECT_EQ(timings.height, 1080);
  EXPECT_TRUE(timings.is_interlaced);
  EXPECT_NEAR(to_seconds(timings.interval), 1.0 / 25, 1e-8);
}

TEST_F(V4l2Timings, ImplausiblePixelClockMeansUnknownInterval) {
  for (const uint64_t clock : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}}) {
    signal_.bt.pixelclock = clock;
    EXPECT_EQ(adopt_dv_timings(io_, fd_).interval, Duration{}) << clock;
  }
  // The sums of these do not fit into 32 bits.
  signal_.bt.pixelclock = 148'500'000;
  signal_.bt.hfrontporch = ~uint32_t{0};
  signal_.bt.vbackporch = ~uint32_t{0};
  EXPECT_EQ(adopt_dv_timings(io_, fd_).interval, Duration{});
}

TEST_F(V4l2Timings, SignalProblemsAreReported) {
  const std::pair<int, std::string> cases[] = {{ENOLINK, "no signal"},
                                               {ENOLCK, "not stable"},
                                               {ERANGE, "cannot capture this signal"},
                                               {ENODATA, "reading the timings"},
                                               {ENODEV, "reading the timings"}};
  for (const auto& [error, words] : cases) {
    io_.fail(kPath, VIDIOC_QUERY_DV_TIMINGS, error);
    EXPECT_EQ(refusal(), error);
    EXPECT_NE(message_.find(words), std::string::npos) << message_;
    EXPECT_FALSE(set_);
  }
  EXPECT_EQ(dv_timings_problem(EIO), "");
}

TEST_F(V4l2Timings, SignalWithoutASizeHasNone) {
  signal_.bt.height = 0;
  EXPECT_EQ(refusal(), ENOLINK);
  EXPECT_FALSE(set_);
}

TEST_F(V4l2Timings, RefuseAnImpossibleSize) {
  signal_.bt.width = 0x80000000;
  EXPECT_EQ(refusal(), ERANGE);
  signal_ = V4L2_DV_BT_CEA_1920X1080P60;
  signal_.type = 77;
  EXPECT_EQ(refusal(), ERANGE);
  EXPECT_FALSE(set_);
}

TEST_F(V4l2Timings, RefusalToSetThemThrows) {
  io_.fail(kPath, VIDIOC_S_DV_TIMINGS, EBUSY);
  EXPECT_EQ(refusal(), EBUSY);
  EXPECT_NE(message_.find("setting the timings"), std::string::npos);
}

TEST_F(V4l2Timings, SubscribeToChangesOfTheSelectedInput) {
  EXPECT_FALSE(subscribe_source_changes(io_, fd_));
  std::vector<uint32_t> subscribed;
  io_.on<v4l2_event_subscription>(kPath, VIDIOC_SUBSCRIBE_EVENT, [&](auto& subscription) {
    subscribed.insert(subscribed.end(), {subscription.type, subscription.id});
    return 0;
  });
  EXPECT_TRUE(subscribe_source_changes(io_, fd_));
  EXPECT_EQ(subscribed, (std::vector<uint32_t>{V4L2_EVENT_SOURCE_CHANGE, 2}));
  subscribed.clear();
  io_.fail(kPath, VIDIOC_G_INPUT, ENOTTY);
  EXPECT_TRUE(subscribe_source_changes(io_, fd_));
  EXPECT_EQ(subscribed, (std::vector<uint32_t>{V4L2_EVENT_SOURCE_CHANGE, 0}));
}

TEST_F(V4l2Timings, AllEventsAreConsumed) {
  std::vector<uint32_t> waiting;
  io_.on<v4l2_event>(kPath, VIDIOC_DQEVENT, [&](v4l2_event& event) {
    if (waiting.empty()) return -ENOENT;
    event.type = waiting.back();
    waiting.pop_back();
    return 0;
  });
  EXPECT_FALSE(take_source_change(io_, fd_));
  waiting = {V4L2_EVENT_SOURCE_CHANGE, V4L2_EVENT_CTRL, V4L2_EVENT_CTRL};
  EXPECT_TRUE(take_source_change(io_, fd_));
  EXPECT_TRUE(waiting.empty());
  waiting = {V4L2_EVENT_EOS};
  EXPECT_FALSE(take_source_change(io_, fd_));
}

TEST_F(V4l2Timings, EndlessEventsAreBounded) {
  io_.on<v4l2_event>(kPath, VIDIOC_DQEVENT, [](v4l2_event& event) {
    event.type = V4L2_EVENT_SOURCE_CHANGE;
    return 0;
  });
  EXPECT_TRUE(take_source_change(io_, fd_));
}

}  // namespace
}  // namespace fanlight
