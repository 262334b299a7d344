// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_source.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "capture/camera/source_table.h"
#include "tests/capture/source/test_camera.h"
#include "tests/capture/v4l2/fake_v4l2.h"

namespace fanlight {
namespace {

const std::string kPath = "/dev/fake-video0";

class V4l2SourceTest : public testing::Test {
 protected:
  V4l2SourceTest() { be_webcam(); }

  void be_webcam() {
    camera_.formats = {{V4L2_PIX_FMT_YUYV, {{640, 480, {30}}, {1280, 720, {10}}}},
                       {V4L2_PIX_FMT_MJPEG, {{640, 480, {30, 15}}, {1280, 720, {30, 15}}}}};
  }
  void be_raw(uint32_t fourcc) { camera_.formats = {{fourcc, {{64, 48, {30}}}}}; }

  std::unique_ptr<V4l2Source> open(const SourceOptions& options = {}) {
    return std::make_unique<V4l2Source>(kPath, options, clock_, io_);
  }
  // The next picture, which is ready.
  std::string take(V4l2Source& source) {
    const auto picture = source.next(clock_.now());
    if (!picture) return "nothing";
    return {reinterpret_cast<const char*>(picture->jpeg.data()), picture->jpeg.size()};
  }

  FakeClock clock_;
  FakeV4l2 io_;
  FakeCamera& camera_ = io_.add(kPath);
};

TEST_F(V4l2SourceTest, PassesThroughAWebcamsJpegs) {
  const auto source = open();
  EXPECT_EQ(source->describe().device, "Fake Camera at usb-fake-1");
  EXPECT_EQ(source->describe().format, "MJPEG 1280x720 at 30 fps, passed through");
  EXPECT_EQ(source->format().width, 1280);
  EXPECT_EQ(source->format().height, 720);
  EXPECT_NEAR(to_seconds(source->format().interval), 1.0 / 30, 1e-6);
  EXPECT_GE(source->format().jpeg_bytes_max, camera_.jpeg_bytes);
  EXPECT_EQ(source->pictures_kept(), 1u);
  EXPECT_NE(source->identity(), "");
  for (int i = 0; i < 20; ++i) {
    const std::string jpeg = "picture " + std::to_string(i);
    ASSERT_TRUE(camera_.shoot(bytes_of(jpeg)));
    EXPECT_EQ(take(*source), jpeg);
  }
  EXPECT_EQ(source->losses(), SourceLosses{});
}

TEST_F(V4l2SourceTest, LogsRequestedAndGrantedFormat) {
  SourceOptions options;
  options.width = 1200;
  options.height = 700;
  options.fps = 15;
  testing::internal::CaptureStderr();
  open(options);
  std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("v4l2:/dev/fake-video0: Fake Camera at usb-fake-1: MJPEG 1280x720 at 15 fps, "
                     "passed through; requested 1200x700\n"),
            std::string::npos)
      << log;
  options.fps = 60;
  testing::internal::CaptureStderr();
  open(options);
  log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("requested 1200x700 60 fps\n"), std::string::npos) << log;
}

TEST_F(V4l2SourceTest, RawPicturesAreNotCopied) {
  be_raw(V4L2_PIX_FMT_YUV420);
  camera_.quantization = V4L2_QUANTIZATION_FULL_RANGE;
  const auto source = open();
  EXPECT_EQ(source->describe().format, "YUV420 64x48 at 30 fps, encoded here");
  EXPECT_EQ(source->format().jpeg_bytes_max, 0u);
  Bytes pixels(64 * 72, std::byte{100});
  pixels[64 * 48] = std::byte{1};
  pixels[64 * 48 + 32 * 24] = std::byte{2};
  ASSERT_TRUE(camera_.shoot(pixels));
  const auto picture = source->next(clock_.now());
  ASSERT_TRUE(picture);
  EXPECT_FALSE(picture->is_jpeg());
  EXPECT_EQ(picture->width, 64);
  EXPECT_EQ(picture->height, 48);
  EXPECT_EQ(picture->raw.format, PixelFormat::yuv420);
  EXPECT_FALSE(picture->raw.limited_range);
  EXPECT_EQ(picture->raw.strides, (std::array{64, 32, 32}));
  EXPECT_EQ(picture->raw.planes[0][63], 100);
  EXPECT_EQ(picture->raw.planes[1][0], 1);
  EXPECT_EQ(picture->raw.planes[2][0], 2);
}

TEST_F(V4l2SourceTest, MultiPlanarDevicesWorkTheSameWay) {
  camera_.be_multiplanar();
  be_raw(V4L2_PIX_FMT_YUV420M);
  const auto source = open();
  Bytes pixels(64 * 72, std::byte{100});
  std::fill(pixels.end() - 32 * 24, pixels.end(), std::byte{2});
  ASSERT_TRUE(camera_.shoot(pixels));
  const auto picture = source->next(clock_.now());
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->raw.planes[0][0], 100);
  EXPECT_EQ(picture->raw.planes[2][0], 2);
  EXPECT_TRUE(picture->raw.limited_range) << "the default if the driver does not report it";
}

// A picture's bytes remain valid for as long as pictures_kept() states; then its buffer is reused.
TEST_F(V4l2SourceTest, KeepsSeveralRawPictures) {
  be_raw(V4L2_PIX_FMT_GREY);
  const auto source = open();
  ASSERT_EQ(source->pictures_kept(), 4u);
  std::vector<Picture> pictures;
  for (uint8_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(camera_.shoot(Bytes(64 * 48, std::byte{i})));
    pictures.push_back(*source->next(clock_.now()));
  }
  EXPECT_EQ(camera_.queued.size(), 3u) << "the driver always has a buffer";
  for (uint8_t i = 0; i < 4; ++i) EXPECT_EQ(pictures[i].raw.planes[0][0], i);
  EXPECT_FALSE(source->next(clock_.now()));
  EXPECT_EQ(camera_.queued.size(), 4u) << "the oldest was requeued";
  while (camera_.shoot(Bytes(64 * 48, std::byte{99}))) {
  }
  for (uint8_t i = 1; i < 4; ++i) EXPECT_EQ(pictures[i].raw.planes[0][0], i);
  EXPECT_EQ(pictures[0].raw.planes[0][0], 99) << "the buffer was reused";
}

TEST_F(V4l2SourceTest, KeepsFewerPicturesWithFewerBuffers) {
  be_raw(V4L2_PIX_FMT_GREY);
  for (const uint32_t count : {2u, 3u, 4u, 5u}) {
    camera_.buffers_max = count;
    const auto source = open();
    EXPECT_EQ(source->pictures_kept(), count == 5 ? 2u : 1u);
    for (uint8_t i = 0; i < 10; ++i) {
      ASSERT_TRUE(camera_.shoot(Bytes(64 * 48, std::byte{i})));
      EXPECT_EQ(source->next(clock_.now())->raw.planes[0][0], i);
    }
  }
}

TEST_F(V4l2SourceTest, DeliversTheNewestAndRequeuesTheOthersImmediately) {
  const auto source = open();
  for (const char* text : {"old", "older than it looks", "new"}) camera_.shoot(bytes_of(text));
  EXPECT_EQ(take(*source), "new");
  EXPECT_EQ(source->losses().late, 2u);
  EXPECT_EQ(camera_.queued.size(), 3u);
  EXPECT_EQ(take(*source), "nothing");
}

TEST_F(V4l2SourceTest, WaitsForAPictureTheDeadlineOrAStop) {
  const auto source = open();
  EXPECT_FALSE(source->next(clock_.now() + 300ms));
  EXPECT_EQ(clock_.now(), FakeClock::kStart + 300ms);
  clock_.at(400ms, [&] { camera_.shoot(bytes_of("x")); });
  EXPECT_TRUE(source->next(kNever));
  EXPECT_EQ(clock_.now(), FakeClock::kStart + 400ms);
  clock_.at(500ms, [&] { clock_.interrupts().wake(); });
  EXPECT_FALSE(source->next(kNever)) << "interrupted";
  clock_.stop_at(600ms);
  EXPECT_FALSE(source->next(kNever));
  EXPECT_EQ(clock_.now(), FakeClock::kStart + 600ms);
}

TEST_F(V4l2SourceTest, PictureHasTheDriversTimestamp) {
  const auto source = open();
  clock_.advance(1s);
  camera_.shoot(bytes_of("x"), {.timestamp = clock_.now() - 45ms});
  const auto picture = source->next(clock_.now());
  EXPECT_EQ(picture->captured_at, clock_.now() - 45ms);
  EXPECT_EQ(picture->captured_wall, clock_.wall_now() - 45ms);
}

TEST_F(V4l2SourceTest, ImplausibleTimestampMeansNow) {
  const Instant now{100s};
  const auto captured = [&](Instant timestamp, bool is_monotonic = true) {
    return capture_time({.is_monotonic = is_monotonic, .timestamp = timestamp}, now);
  };
  EXPECT_EQ(captured(now), now);
  EXPECT_EQ(captured(now - 1ms), now - 1ms);
  EXPECT_EQ(captured(now - 1ms, false), now) << "another clock";
  EXPECT_EQ(captured(now + 1us), now) << "in the future";
  EXPECT_EQ(captured(now - 9999ms), now - 9999ms);
  EXPECT_EQ(captured(now - 10s), now);
  EXPECT_EQ(captured(Instant{}), now) << "unknown to the driver";
}

TEST_F(V4l2SourceTest, SkipsDamagedEmptyAndOversizedPictures) {
  const auto source = open();
  testing::internal::CaptureStderr();
  camera_.shoot(bytes_of("damaged"), {.flags = V4L2_BUF_FLAG_ERROR});
  EXPECT_EQ(take(*source), "nothing");
  camera_.shoot({});
  EXPECT_EQ(take(*source), "nothing");
  camera_.shoot(bytes_of("x"), {.bytes_used = UINT32_MAX});
  EXPECT_EQ(take(*source), "nothing");
  EXPECT_EQ(lines_with(testing::internal::GetCapturedStderr(), "broken pictures dropped"), 1u)
      << "once a minute";
  camera_.shoot(bytes_of("good"));
  camera_.shoot(bytes_of("damaged"), {.flags = V4L2_BUF_FLAG_ERROR});
  EXPECT_EQ(take(*source), "good") << "a broken picture does not replace a good one";
  EXPECT_EQ(source->losses(), (SourceLosses{.damaged = 2, .unusable = 2}));
  EXPECT_EQ(camera_.queued.size(), 3u) << "all broken ones were requeued";
}

TEST_F(V4l2SourceTest, SkipsTruncatedRawPictures) {
  be_raw(V4L2_PIX_FMT_GREY);
  const auto source = open();
  camera_.shoot(Bytes(64 * 48 - 1));
  EXPECT_FALSE(source->next(clock_.now()));
  EXPECT_EQ(source->losses().unusable, 1u);
  camera_.shoot(Bytes(64 * 48));
  EXPECT_TRUE(source->next(clock_.now()));
}

TEST_F(V4l2SourceTest, DamagedPicturesDoNotDelayTheDeadline) {
  const auto source = open();
  const FakeShot damaged{.flags = V4L2_BUF_FLAG_ERROR};
  clock_.on_wait([&] {
    clock_.advance(10ms);
    camera_.shoot(bytes_of("x"), damaged);
  });
  const Instant deadline = clock_.now() + 1s;
  EXPECT_FALSE(source->next(deadline));
  EXPECT_LE(clock_.now(), deadline + 20ms);
  EXPECT_GE(source->losses().damaged, 90u);
}

TEST_F(V4l2SourceTest, CountsGapsInTheDriversSequence) {
  const auto source = open();
  for (const uint32_t sequence : {7u, 8u, 11u, 12u, 0u, 1u, 1u}) {
    camera_.shoot(bytes_of("x"), {.sequence = sequence});
    take(*source);
  }
  EXPECT_EQ(source->losses(), (SourceLosses{.lost = 2})) << "9 and 10; then it restarted at 0";
}

TEST_F(V4l2SourceTest, BoundsJpegCapacityByPictureSizeAndBuffer) {
  camera_.jpeg_bytes = 64 << 20;
  const size_t sensible = open()->format().jpeg_bytes_max;
  EXPECT_GE(sensible, 3u * 1280 * 720);
  EXPECT_LT(sensible, 4u * 1280 * 720);
  camera_.jpeg_bytes = 200'000;
  const size_t by_buffer = open()->format().jpeg_bytes_max;
  EXPECT_GE(by_buffer, 200'000u);
  EXPECT_LT(by_buffer, 300'000u);
}

TEST_F(V4l2SourceTest, Libv4l2ConvertsOtherwiseUnsupportedFormats) {
  camera_.formats = {{V4L2_PIX_FMT_SRGGB8, {{64, 48, {30}}}},
                     {V4L2_PIX_FMT_YUV420, {{64, 48, {30}}}, {}, {}, true}};
  const auto source = open();
  EXPECT_EQ(source->describe().format,
            "YUV420 64x48 at 30 fps, converted by libv4l2, encoded here");
  camera_.shoot(Bytes(64 * 72));
  EXPECT_TRUE(source->next(clock_.now()));
}

TEST_F(V4l2SourceTest, FindsThePreviousDeviceUnderAnotherName) {
  const std::string identity = open()->identity();
  SourceOptions options;
  options.identity = identity;
  EXPECT_NO_THROW(open(options));
  options.identity = "another one";
  EXPECT_NO_THROW(open(options)) << "falls back to the device that is there";
}

TEST_F(V4l2SourceTest, ControlsAreTheDrivers) {
  int32_t brightness = 50;
  camera_.answer = [&](unsigned long request, void* argument) -> std::optional<int> {
    if (request == VIDIOC_QUERYCTRL) {
      auto& query = *static_cast<v4l2_queryctrl*>(argument);
      const bool asks_for_next = (query.id & V4L2_CTRL_FLAG_NEXT_CTRL) != 0;
      const uint32_t id = query.id & V4L2_CTRL_ID_MASK;
      if (asks_for_next ? id >= V4L2_CID_BRIGHTNESS : id != V4L2_CID_BRIGHTNESS) return -EINVAL;
      query = {};
      query.id = V4L2_CID_BRIGHTNESS;
      query.type = V4L2_CTRL_TYPE_INTEGER;
      std::copy_n("Brightness", 11, query.name);
      query.maximum = 100;
      query.step = 1;
      return 0;
    }
    if (request == VIDIOC_G_CTRL) {
      static_cast<v4l2_control*>(argument)->value = brightness;
      return 0;
    }
    if (request == VIDIOC_S_CTRL) {
      brightness = static_cast<v4l2_control*>(argument)->value;
      return 0;
    }
    return std::nullopt;
  };
  const auto source = open();
  const auto controls = source->controls();
  ASSERT_EQ(controls.size(), 1u);
  EXPECT_EQ(controls[0].name, "brightness");
  source->set_control(controls[0], 70);
  EXPECT_EQ(source->controls().at(0).value, 70);
}

// Through its name in the table, and with real system calls.
TEST_F(V4l2SourceTest, IsAKindOfSource) {
  try {
    open_source("v4l2:/dev/no-such-camera", {}, clock_);
    FAIL() << "it does not exist";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOENT);
    EXPECT_NE(std::string(error.what()).find("v4l2:/dev/no-such-camera: cannot open it"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW(open_source("v4l2", {}, clock_), std::invalid_argument);
}

TEST_F(V4l2SourceTest, RefusesAnInvalidSpecification) {
  EXPECT_THROW(V4l2Source("", {}, clock_, io_), std::invalid_argument);
  SourceOptions options;
  options.width = 8;
  options.height = 8;
  EXPECT_THROW(open(options), std::invalid_argument);
  options.width = 20000;
  options.height = 1000;
  EXPECT_THROW(open(options), std::invalid_argument);
  options = {};
  options.fps = 1000;
  EXPECT_THROW(open(options), std::invalid_argument);
}

}  // namespace
}  // namespace fanlight
