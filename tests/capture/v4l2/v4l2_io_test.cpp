// SPDX-License-Identifier: Apache-2.0
// Errors are returned as values; the tests in tests/vm use V4l2Io with real devices.
#include "capture/v4l2/v4l2_io.h"

#include <gtest/gtest.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace fanlight {
namespace {

TEST(V4l2Io, OpeningAMissingDeviceReturnsItsErrno) {
  EXPECT_EQ(system_v4l2_io().open("/dev/no-such-camera", V4l2Conversion::off), -ENOENT);
  EXPECT_EQ(system_v4l2_io().open("/dev/null/video0", V4l2Conversion::on), -ENOTDIR);
}

TEST(V4l2Io, NonCameraOpensButRefusesEveryCall) {
  for (const V4l2Conversion conversion : {V4l2Conversion::off, V4l2Conversion::on}) {
    V4l2Io& io = system_v4l2_io();
    const int fd = io.open("/dev/null", conversion);
    ASSERT_GE(fd, 0);
    v4l2_capability capability{};
    EXPECT_EQ(io.ioctl(fd, VIDIOC_QUERYCAP, &capability), -ENOTTY);
    EXPECT_EQ(io.map(fd, 4096, 0), nullptr);
    EXPECT_EQ(errno, ENODEV);
    io.close(fd);
    EXPECT_EQ(io.ioctl(fd, VIDIOC_QUERYCAP, &capability), -EBADF);
  }
}

}  // namespace
}  // namespace fanlight
