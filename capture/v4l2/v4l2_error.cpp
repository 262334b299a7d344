// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_error.h"

#include <fmt/core.h>

#include <cerrno>
#include <system_error>

#include "capture/v4l2/device_users.h"

namespace fanlight {

// ENOSPC: "Error codes" of VIDIOC_STREAMON, a USB camera gets no bandwidth. EPIPE: likewise, the
// links of the media controller do not match. udev's 50-udev-default.rules assigns video nodes to
// the group `video`.
std::string_view v4l2_advice(int error) noexcept {
  switch (error) {
    case EACCES:
    case EPERM:
      return "join the group 'video': sudo adduser \"$USER\" video, then log in again";
    case ENOENT:
    case ENXIO:
      return "is the camera plugged in? fanlight --list-devices shows those that are";
    case ENOTTY:
      return "fanlight --list-devices shows cameras";
    case ENOSPC:
      return "try a smaller --size or --fps, or a USB port without other devices";
    case EPIPE:
      return "are the links of its media device set up? see media-ctl(1)";
    default:
      return {};
  }
}

void throw_v4l2_error(const std::string& path, int error, std::string_view what) {
  std::string advice(v4l2_advice(error));
  if (error == EBUSY) {
    const std::string users = describe_device_users(path);
    advice = users.empty() ? fmt::format("sudo fuser {} shows which program has it", path)
                           : "it is in use by " + users;
  }
  throw std::system_error(
      error, std::system_category(),
      fmt::format("v4l2:{}: {}{}{}", path, what, advice.empty() ? "" : "; ", advice));
}

}  // namespace fanlight
