// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_m2m_queue.h"

#include <gtest/gtest.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <system_error>

#include "tests/capture/v4l2/fake_v4l2_m2m.h"
#include "tests/capture/v4l2/scripted_v4l2.h"

namespace fanlight {
namespace {

constexpr char kPath[] = "/dev/video31";
constexpr v4l2_buf_type kIn = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
constexpr v4l2_buf_type kOut = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;

// A device that does only what the test sets.
class V4l2M2mQueueTest : public testing::Test {
 protected:
  V4l2M2mQueueTest() {
    io_.add(kPath, "encoder", "platform", V4L2_CAP_VIDEO_M2M_MPLANE);
    io_.on<v4l2_requestbuffers>(kPath, VIDIOC_REQBUFS, [this](v4l2_requestbuffers& wanted) {
      wanted.count = granted_;
      return 0;
    });
    io_.on<v4l2_buffer>(kPath, VIDIOC_QUERYBUF, [this](v4l2_buffer& buffer) {
      buffer.m.planes[0].length = length_;
      return 0;
    });
    io_.on<v4l2_buffer>(kPath, VIDIOC_QBUF, [this](v4l2_buffer& buffer) {
      queued_ = buffer.m.planes[0];
      return 0;
    });
    io_.on<v4l2_buffer>(kPath, VIDIOC_DQBUF, [this](v4l2_buffer& buffer) {
      buffer.index = index_;
      buffer.flags = flags_;
      buffer.m.planes[0] = done_;
      return 0;
    });
    fd_ = io_.open(kPath, V4l2Conversion::off);
  }
  ~V4l2M2mQueueTest() override {
    EXPECT_EQ(io_.mapped_bytes(), 0u);
    io_.close(fd_);
  }

  // The errno of the constructor.
  int refusal() {
    try {
      const V4l2M2mQueue queue(io_, fd_, kOut);
      return 0;
    } catch (const std::system_error& error) {
      return error.code().value();
    }
  }

  // Bytes in use in the buffer that is returned; -1 if none is.
  int bytes_back(uint32_t offset, uint32_t used) {
    V4l2M2mQueue queue(io_, fd_, kOut);
    done_.data_offset = offset;
    done_.bytesused = used;
    const auto back = queue.wait(0ms);
    if (!back) return -1;
    EXPECT_EQ(back->data(), queue.memory().data() + offset);
    return static_cast<int>(back->size());
  }

  ScriptedV4l2 io_;  // its descriptors are always ready
  int fd_ = -1;
  uint32_t granted_ = 1;
  uint32_t length_ = 5000;
  v4l2_plane queued_{};
  uint32_t index_ = 0;
  uint32_t flags_ = 0;
  v4l2_plane done_{};
};

TEST_F(V4l2M2mQueueTest, HasTheMemoryThatTheDriverGrants) {
  granted_ = 3;
  const V4l2M2mQueue queue(io_, fd_, kIn);
  EXPECT_EQ(queue.memory().size(), 5000u);
  EXPECT_EQ(io_.mapped_bytes(), 5000u);
}

TEST_F(V4l2M2mQueueTest, RefusesInvalidDriverValues) {
  granted_ = 0;
  EXPECT_EQ(refusal(), ENOMEM);
  granted_ = 1;
  length_ = 0;
  EXPECT_EQ(refusal(), EPROTO);
  length_ = 0xffff'ffff;
  EXPECT_EQ(refusal(), EPROTO);
  length_ = 5000;
  io_.fail(kPath, VIDIOC_QUERYBUF, EINVAL);
  EXPECT_EQ(refusal(), EINVAL);
  io_.fail(kPath, VIDIOC_REQBUFS, EBUSY);
  EXPECT_EQ(refusal(), EBUSY);
}

TEST_F(V4l2M2mQueueTest, StreamsUntilDestroyed) {
  int streaming = 0;
  io_.on<uint32_t>(kPath, VIDIOC_STREAMON, [&](uint32_t& type) {
    EXPECT_EQ(type, uint32_t{kIn});
    streaming++;
    return 0;
  });
  io_.on<uint32_t>(kPath, VIDIOC_STREAMOFF, [&](uint32_t&) {
    streaming--;
    return 0;
  });
  {
    V4l2M2mQueue queue(io_, fd_, kIn);
    queue.start();
    EXPECT_EQ(streaming, 1);
  }
  EXPECT_EQ(streaming, 0);
  io_.fail(kPath, VIDIOC_STREAMON, EPIPE);
  V4l2M2mQueue queue(io_, fd_, kIn);
  EXPECT_THROW(queue.start(), std::system_error);
}

TEST_F(V4l2M2mQueueTest, PassesTheNumberOfBytesInUse) {
  V4l2M2mQueue queue(io_, fd_, kIn);
  EXPECT_TRUE(queue.queue(1234));
  EXPECT_EQ(queued_.bytesused, 1234u);
  EXPECT_EQ(queued_.length, 5000u);
  io_.fail(kPath, VIDIOC_QBUF, EINVAL);
  EXPECT_FALSE(queue.queue(1234));
}

TEST_F(V4l2M2mQueueTest, ReturnsOnlyTheBytesInUse) {
  EXPECT_EQ(bytes_back(0, 4000), 4000);
  EXPECT_EQ(bytes_back(16, 4000), 3984);
  EXPECT_EQ(bytes_back(0, 5000), 5000);
  EXPECT_EQ(bytes_back(0, 0), 0);
}

TEST_F(V4l2M2mQueueTest, RefusesRangesOutsideItsMemory) {
  EXPECT_EQ(bytes_back(0, 5001), -1);
  EXPECT_EQ(bytes_back(0, 0xffff'ffff), -1);
  EXPECT_EQ(bytes_back(17, 16), -1);
  EXPECT_EQ(bytes_back(0xffff'ffff, 16), -1);
}

TEST_F(V4l2M2mQueueTest, RefusesADamagedOrUnknownBuffer) {
  flags_ = V4L2_BUF_FLAG_ERROR;
  EXPECT_EQ(bytes_back(0, 16), -1);
  flags_ = 0;
  index_ = 1;
  EXPECT_EQ(bytes_back(0, 16), -1);
}

TEST_F(V4l2M2mQueueTest, GivesUpOnADriverThatIsReadyWithoutABuffer) {
  int asked = 0;
  io_.on<v4l2_buffer>(kPath, VIDIOC_DQBUF, [&](v4l2_buffer&) {
    asked++;
    return -EAGAIN;
  });
  EXPECT_EQ(bytes_back(0, 16), -1);
  EXPECT_EQ(asked, 16);
  io_.fail(kPath, VIDIOC_DQBUF, EIO);
  EXPECT_EQ(bytes_back(0, 16), -1);
}

TEST_F(V4l2M2mQueueTest, WaitIsBounded) {
  FakeV4l2M2m device;
  const int fd = device.open(FakeV4l2M2m::kPath, V4l2Conversion::off);
  v4l2_format format{};
  format.type = kOut;
  device.ioctl(fd, VIDIOC_S_FMT, &format);
  {
    V4l2M2mQueue queue(device, fd, kOut);
    queue.start();
    ASSERT_TRUE(queue.queue(0));
    EXPECT_FALSE(queue.wait(1ms).has_value());
  }
  device.close(fd);
}

}  // namespace
}  // namespace fanlight
