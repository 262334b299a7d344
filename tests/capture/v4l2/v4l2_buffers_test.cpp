// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_buffers.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "tests/capture/jpeg/test_jpeg.h"
#include "tests/capture/v4l2/fake_v4l2.h"

namespace fanlight {
namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class V4l2BuffersTest : public testing::Test {
 protected:
  V4l2BuffersTest() { camera_.formats = {{V4L2_PIX_FMT_MJPEG, {{640, 480, {30}}}}}; }

  // With a format set, as when buffers are requested.
  std::unique_ptr<V4l2Device> open() {
    auto device = std::make_unique<V4l2Device>(io_, "/dev/fake-video0", V4l2Conversion::off);
    device->set_format({camera_.formats[0].fourcc, false, 640, 480, 30});
    return device;
  }
  // The errno with which a request for `count` buffers fails; 0 if it succeeds.
  int error_with(uint32_t count) {
    const auto device = open();
    try {
      V4l2Buffers buffers(*device, 1, count);
    } catch (const std::system_error& error) {
      EXPECT_EQ(io_.mapped_count(), 0u);
      return error.code().value();
    }
    EXPECT_EQ(io_.mapped_count(), 0u);
    return 0;
  }

  FakeV4l2 io_;
  FakeCamera& camera_ = io_.add("/dev/fake-video0");
};

TEST_F(V4l2BuffersTest, AreFilledInTurnAndReturned) {
  const auto device = open();
  V4l2Buffers buffers(*device, 1, 4);
  EXPECT_EQ(buffers.count(), 4u);
  EXPECT_EQ(io_.mapped_count(), 4u);
  EXPECT_GE(buffers.plane_bytes(), camera_.jpeg_bytes);
  EXPECT_FALSE(buffers.take()) << "nothing yet";
  for (uint32_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(camera_.shoot(bytes_of("picture " + std::to_string(i))));
    const auto frame = buffers.take();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->index, i % 4);
    EXPECT_EQ(frame->sequence, i);
    EXPECT_EQ(text_of(frame->memory[0]), "picture " + std::to_string(i));
    EXPECT_EQ(camera_.queued.size(), 3u);
    buffers.give_back(frame->index);
  }
}

TEST_F(V4l2BuffersTest, AllMayBeReadyAtOnce) {
  const auto device = open();
  V4l2Buffers buffers(*device, 1, 3);
  while (camera_.shoot(bytes_of("x"))) {
  }
  for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(buffers.take()->index, i);
  EXPECT_FALSE(buffers.take());
}

TEST_F(V4l2BuffersTest, ReportFlagsAndTimes) {
  const auto device = open();
  V4l2Buffers buffers(*device, 1, 4);
  camera_.shoot(bytes_of("x"), {.timestamp = Instant(1234567891us)});
  camera_.shoot(bytes_of("x"), {.flags = V4L2_BUF_FLAG_ERROR | V4L2_BUF_FLAG_TIMESTAMP_COPY});
  auto frame = buffers.take();
  EXPECT_EQ(frame->timestamp, Instant(1234567891us));
  EXPECT_TRUE(frame->is_monotonic);
  EXPECT_FALSE(frame->is_damaged);
  frame = buffers.take();
  EXPECT_FALSE(frame->is_monotonic);
  EXPECT_TRUE(frame->is_damaged);
}

TEST_F(V4l2BuffersTest, PlanesOfMultiPlanarDevicesHaveSeparateMemory) {
  camera_.be_multiplanar();
  camera_.formats = {{V4L2_PIX_FMT_YUV420M, {{640, 480, {30}}}}};
  const auto device = open();
  V4l2Buffers buffers(*device, 3, 4);
  EXPECT_EQ(io_.mapped_count(), 12u);
  Bytes picture(640 * 480 * 3 / 2, std::byte{'y'});
  std::fill(picture.begin() + 640 * 480, picture.end(), std::byte{'u'});
  std::fill(picture.end() - 320 * 240, picture.end(), std::byte{'v'});
  camera_.shoot(picture, {.data_offset = 64});
  const auto frame = buffers.take();
  ASSERT_TRUE(frame);
  EXPECT_EQ(text_of(frame->memory[0]), std::string(640 * 480, 'y'))
      << "the data before the offset is skipped";
  EXPECT_EQ(text_of(frame->memory[1]), std::string(320 * 240, 'u'));
  EXPECT_EQ(text_of(frame->memory[2]), std::string(320 * 240, 'v'));
  buffers.give_back(frame->index);
  camera_.shoot(picture, {.bytes_used = 10, .data_offset = 11});
  EXPECT_TRUE(buffers.take()->memory[0].empty()) << "the offset is beyond the end";
}

TEST_F(V4l2BuffersTest, IgnoreImpossibleByteCounts) {
  const auto device = open();
  V4l2Buffers buffers(*device, 1, 4);
  camera_.shoot(bytes_of("x"), {.bytes_used = UINT32_MAX});
  EXPECT_TRUE(buffers.take()->memory[0].empty());
  camera_.shoot(bytes_of("x"), {.bytes_used = static_cast<uint32_t>(buffers.plane_bytes())});
  EXPECT_EQ(buffers.take()->memory[0].size(), buffers.plane_bytes());
}

TEST_F(V4l2BuffersTest, FewerAreUsedWhenMemoryIsShort) {
  camera_.fail(VIDIOC_REQBUFS, ENOMEM, 0, 2);
  const auto device = open();
  V4l2Buffers buffers(*device, 1, 8);
  EXPECT_EQ(buffers.count(), 2u);
  EXPECT_EQ(camera_.calls[VIDIOC_REQBUFS], 3);
}

TEST_F(V4l2BuffersTest, UseTheGrantedNumber) {
  camera_.buffers_max = 3;
  const auto device = open();
  V4l2Buffers buffers(*device, 1, 8);
  EXPECT_EQ(buffers.count(), 3u);
}

TEST_F(V4l2BuffersTest, InvalidGrantsThrow) {
  camera_.buffers_max = 1;
  EXPECT_EQ(error_with(4), ENOMEM);
  camera_.buffers_max = VIDEO_MAX_FRAME;
  camera_.grant_buffers = [](v4l2_requestbuffers& request) {
    if (request.count > 0) request.count = UINT32_MAX;
  };
  EXPECT_EQ(error_with(4), EPROTO);
  camera_.grant_buffers = nullptr;
  for (const uint32_t length : {0u, UINT32_MAX}) {
    camera_.query = [&](v4l2_buffer& buffer) { buffer.length = length; };
    EXPECT_EQ(error_with(4), EPROTO);
  }
  camera_.query = nullptr;
  EXPECT_EQ(error_with(4), 0);
}

TEST_F(V4l2BuffersTest, FailedCallsLeakNothing) {
  for (const unsigned long request :
       {VIDIOC_REQBUFS, VIDIOC_QUERYBUF, VIDIOC_QBUF, VIDIOC_STREAMON}) {
    for (const int error : {EINVAL, EIO, ENODEV, EBUSY, ENOSPC}) {
      for (int after = 0; after < (request == VIDIOC_QUERYBUF || request == VIDIOC_QBUF ? 4 : 1);
           ++after) {
        camera_.fail(request, error, after);
        EXPECT_EQ(error_with(4), error);
        EXPECT_FALSE(camera_.is_streaming);
      }
    }
  }
  for (int after = 0; after < 4; ++after) {
    camera_.map_fails_after = after;
    EXPECT_EQ(error_with(4), ENOMEM);
  }
  camera_.map_fails_after.reset();
  EXPECT_EQ(error_with(4), 0);
}

TEST_F(V4l2BuffersTest, DestructorStopsTheStreamAndFreesTheMemory) {
  const auto device = open();
  {
    V4l2Buffers buffers(*device, 1, 4);
    EXPECT_TRUE(camera_.is_streaming);
  }
  EXPECT_FALSE(camera_.is_streaming);
  EXPECT_EQ(io_.mapped_count(), 0u);
  EXPECT_EQ(camera_.calls[VIDIOC_REQBUFS], 2) << "the second call frees all buffers";
  V4l2Buffers again(*device, 1, 4);
  EXPECT_TRUE(camera_.is_streaming);
}

TEST_F(V4l2BuffersTest, RefuseABufferIndexOutOfRange) {
  const auto device = open();
  V4l2Buffers buffers(*device, 1, 4);
  uint32_t claimed = 0;
  camera_.dequeue = [&](v4l2_buffer& buffer) { buffer.index = claimed; };
  const auto error = [&](uint32_t index) {
    claimed = index;
    camera_.shoot(bytes_of("x"));
    try {
      buffers.take();
    } catch (const std::system_error& thrown) {
      return thrown.code().value();
    }
    return 0;
  };
  EXPECT_EQ(error(2), 0);
  EXPECT_EQ(error(2), EPROTO) << "it is still in use";
  EXPECT_EQ(error(4), EPROTO);
  EXPECT_EQ(error(UINT32_MAX), EPROTO);
}

}  // namespace
}  // namespace fanlight
