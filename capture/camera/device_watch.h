// SPDX-License-Identifier: Apache-2.0
// DeviceWatch: says when a video device came, went, or got other permissions.
//
// By inotify(7) on /dev rather than by udev's netlink socket: that one needs udevd, which
// containers lack, and tells of a device before its permissions and links are made.
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
  // Throws std::system_error when there is no inotify instance left for this user (EMFILE) or
  // `dev_root` cannot be watched.
  explicit DeviceWatch(const std::string& dev_root = "/dev");

  // Readable (POLLIN) when there is something to drain().
  int fd() const noexcept { return inotify_.get(); }

  // Takes all that waits, without blocking. True when one of it concerns a video or media device or
  // its names under /dev/v4l: worth trying to open a camera that was lost.
  bool drain();

 private:
  int watch_directories();
  bool take(const inotify_event& event, std::string_view name);

  Fd inotify_;
  std::string dev_root_;
  // The watch descriptors of dev_root_ and, where they exist, of the directories with other names
  // for video devices; -1: not there.
  std::array<int, 4> watches_{-1, -1, -1, -1};
};

}  // namespace fanlight
