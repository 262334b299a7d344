// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_error.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "core/fd.h"

namespace fanlight {
namespace {

std::string message(const std::string& path, int error) {
  try {
    throw_v4l2_error(path, error, "cannot do it");
  } catch (const std::system_error& thrown) {
    EXPECT_EQ(thrown.code(), std::error_code(error, std::system_category()));
    return thrown.what();
  }
}

TEST(V4l2Error, NamesTheCallTheDeviceAndARemedy) {
  EXPECT_EQ(message("/dev/video7", EACCES),
            "v4l2:/dev/video7: cannot do it; join the group 'video': sudo adduser \"$USER\" video, "
            "then log in again: Permission denied");
  EXPECT_EQ(message("/dev/video7", EIO), "v4l2:/dev/video7: cannot do it: Input/output error");
  for (const int error : {EPERM, ENOENT, ENXIO, ENOTTY, ENOSPC, EPIPE}) {
    EXPECT_NE(message("/dev/video7", error).find(v4l2_advice(error)), std::string::npos);
    EXPECT_NE(v4l2_advice(error), "");
  }
}

TEST(V4l2Error, BusyDeviceIsReportedWithItsUsers) {
  std::string path = testing::TempDir() + "fanlight-busy-XXXXXX";
  const Fd first(::mkostemp(path.data(), O_CLOEXEC));
  EXPECT_NE(message(path, EBUSY).find("sudo fuser " + path), std::string::npos)
      << "no other users are visible";
  const Fd second(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::string busy = message(path, EBUSY);
  EXPECT_NE(busy.find("in use by "), std::string::npos) << busy;
  EXPECT_NE(busy.find("(pid " + std::to_string(::getpid()) + ")"), std::string::npos) << busy;
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace fanlight
