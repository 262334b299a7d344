// SPDX-License-Identifier: Apache-2.0
// DeviceWatch: reports when a video device appeared, disappeared, or changed permissions.
//
// By inotify(7) on /dev rather than by udev's netlink socket, which needs udevd, which containers
// lack, and announces a device before its permissions and links are set.
#pragma once

#include <sys/inotify.h>

#include <array>
#include <string>
#include <string_view>

#include "core/fd.h"

namespace fanlight {

// Owns: an inotify instance with one watch per directory.
// Thread: one at a time.
class DeviceWatch {
 public:
  // Throws std::system_error when this user has no inotify instance left (EMFILE) or `dev_root`
  // cannot be watched.
  explicit DeviceWatch(const std::string& dev_root = "/dev");

  // Readable (POLLIN) when drain() has something to read.
  int fd() const noexcept { return inotify_.get(); }

  // Reads all pending events without blocking. True when one of them concerns a video or media
  // device or its names under /dev/v4l: worth trying to open a lost camera.
  bool drain();

 private:
  int watch_directories();
  bool take(const inotify_event& event, std::string_view name);

  Fd inotify_;
  std::string dev_root_;
  // The watch descriptors of dev_root_ and, where they exist, of the directories with other names
  // for video devices; -1: absent.
  std::array<int, 4> watches_{-1, -1, -1, -1};
};

}  // namespace fanlight
