// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/device_watch.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>

namespace fanlight {
namespace {

// In the order of DeviceWatch::watches_. Each may appear after its predecessor.
constexpr std::array<std::string_view, 4> kDirectories = {"", "/v4l", "/v4l/by-id", "/v4l/by-path"};

// IN_ATTRIB: udev sets owner and permissions after the kernel has created the node. IN_MOVED_TO: it
// creates links under another name first.
constexpr uint32_t kEvents = IN_CREATE | IN_DELETE | IN_ATTRIB | IN_MOVED_TO | IN_ONLYDIR;

// Only for names directly in /dev; everything in the directories under /dev/v4l is relevant.
// libcamera uses the media devices.
bool is_relevant(std::string_view name) {
  return name.starts_with("video") || name.starts_with("media") || name == "v4l";
}

}  // namespace

DeviceWatch::DeviceWatch(const std::string& dev_root)
    : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), dev_root_(dev_root) {
  if (!inotify_) throw std::system_error(errno, std::generic_category(), "inotify_init1");
  if (const int error = watch_directories(); error != 0) {
    throw std::system_error(error, std::generic_category(), fmt::format("watching {}", dev_root_));
  }
}

// Returns the error for dev_root_, or 0. From the top down: anything created in a directory before
// it is watched is found afterwards. Adding an existing watch changes nothing.
int DeviceWatch::watch_directories() {
  int error = 0;
  for (size_t i = 0; i < kDirectories.size(); i++) {
    const std::string path = dev_root_ + std::string(kDirectories[i]);
    watches_[i] = ::inotify_add_watch(inotify_.get(), path.c_str(), kEvents);
    if (i == 0 && watches_[i] < 0) error = errno;
  }
  return error;
}

bool DeviceWatch::drain() {
  bool relevant = false;
  alignas(inotify_event) char buffer[16 * (sizeof(inotify_event) + NAME_MAX + 1)];
  for (;;) {
    const ssize_t bytes = ::read(inotify_.get(), buffer, sizeof(buffer));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return relevant;
    for (const char* next = buffer; next < buffer + bytes;) {
      inotify_event event{};
      std::memcpy(&event, next, sizeof(event));
      // The name is padded with zeros to a multiple of the alignment.
      const char* name = next + sizeof(event);
      relevant = take(event, {name, strnlen(name, event.len)}) || relevant;
      next = name + event.len;
    }
  }
}

bool DeviceWatch::take(const inotify_event& event, std::string_view name) {
  // Events were lost: anything may have happened.
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    watch_directories();
    return true;
  }
  const auto watch = std::ranges::find(watches_, event.wd);
  if (watch == watches_.end()) return false;
  // The directory is gone; a later one of that name is another one.
  if ((event.mask & IN_IGNORED) != 0) {
    *watch = -1;
    return true;
  }
  // Entries created in a new directory before it is watched give no events of their own, but the
  // directory's own event is relevant and is reported now.
  if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0 && (event.mask & IN_ISDIR) != 0) {
    watch_directories();
  }
  return watch != watches_.begin() || is_relevant(name);
}

}  // namespace fanlight
