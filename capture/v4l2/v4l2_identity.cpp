// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_identity.h"

#include <fmt/core.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "capture/v4l2/v4l2_device.h"

namespace fanlight {
namespace {

namespace fs = std::filesystem;

// The number of a /dev/videoN; nothing for another name.
std::optional<int> video_number(const fs::path& path) {
  const std::string name = path.filename();
  if (!name.starts_with("video")) return std::nullopt;
  return number_of(std::string_view(name).substr(5));
}

// sysfs's data about a node; empty without sysfs, or if it is not USB.
struct UsbDevice {
  fs::path directory;
  std::string serial;  // "046d:0825 serial 9E2F"; empty without a number
};

// A node's `device` is the USB interface, or the USB device, which has the files.
UsbDevice usb_device_of(const fs::path& sysfs_node) {
  const fs::path device = real_path(sysfs_node / "device");
  for (const fs::path& directory : {device, device.parent_path()}) {
    const std::string vendor = first_line(directory / "idVendor");
    if (vendor.empty()) continue;
    const std::string serial = first_line(directory / "serial");
    if (serial.empty()) return {directory, ""};
    const std::string product = first_line(directory / "idProduct");
    return {directory, fmt::format("{}:{} serial {}", vendor, product, serial)};
  }
  return {};
}

bool has_twin(const UsbDevice& device, const SystemRoots& roots) {
  return std::ranges::any_of(
      entries(fs::path(roots.sys) / "class/video4linux"), [&](const fs::path& node) {
        const UsbDevice other = usb_device_of(node);
        return other.serial == device.serial && other.directory != device.directory;
      });
}

// A device matches either.
struct Identities {
  std::string by_serial;  // empty without a serial number
  std::string by_port;

  bool operator==(std::string_view identity) const {
    return identity == by_serial || identity == by_port;
  }
};

Identities identities_of(const v4l2_capability& capability, const std::string& path,
                         const SystemRoots& roots) {
  const fs::path node = fs::path(roots.sys) / "class/video4linux" / real_path(path).filename();
  const int index = number_of(first_line(node / "index")).value_or(0);
  const std::string serial = usb_device_of(node).serial;
  return {
      .by_serial = serial.empty() ? "" : fmt::format("{}, node {}", serial, index),
      .by_port = fmt::format("{} at {}, node {}", printable_text(capability.card),
                             printable_text(capability.bus_info), index),
  };
}

// Whether the node can be opened, captures, and is the device with this identity.
bool is_device(V4l2Io& io, const std::string& path, const std::string& identity,
               const SystemRoots& roots) {
  const int fd = io.open(path, V4l2Conversion::off);
  if (fd < 0) return false;
  v4l2_capability capability{};
  const int result = io.ioctl(fd, VIDIOC_QUERYCAP, &capability);
  io.close(fd);
  if (result != 0) return false;
  const bool has_node_caps = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0;
  const uint32_t caps = has_node_caps ? capability.device_caps : capability.capabilities;
  if ((caps & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) == 0) return false;
  return identities_of(capability, path, roots) == identity;
}

}  // namespace

std::string v4l2_identity(V4l2Io& io, int fd, const std::string& path, const SystemRoots& roots) {
  v4l2_capability capability{};
  if (io.ioctl(fd, VIDIOC_QUERYCAP, &capability) != 0) return {};
  const Identities identities = identities_of(capability, path, roots);
  if (identities.by_serial.empty()) return identities.by_port;
  const fs::path node = fs::path(roots.sys) / "class/video4linux" / real_path(path).filename();
  return has_twin(usb_device_of(node), roots) ? identities.by_port : identities.by_serial;
}

std::string find_v4l2_device(V4l2Io& io, const std::string& path, const std::string& identity,
                             const SystemRoots& roots) {
  if (identity.empty() || is_device(io, path, identity, roots)) return path;
  const fs::path tried = real_path(path);
  for (const std::string& node : video_nodes(roots)) {
    if (real_path(node) != tried && is_device(io, node, identity, roots)) return node;
  }
  return path;
}

std::vector<std::string> video_nodes(const SystemRoots& roots) {
  std::vector<std::pair<int, std::string>> nodes;
  for (const fs::path& entry : entries(roots.dev)) {
    if (const std::optional<int> number = video_number(entry)) nodes.emplace_back(*number, entry);
  }
  std::ranges::sort(nodes);
  std::vector<std::string> paths;
  for (auto& [number, path] : nodes) paths.push_back(std::move(path));
  return paths;
}

std::string stable_video_path(const std::string& node, const SystemRoots& roots) {
  const fs::path device = real_path(node);
  for (const char* directory : {"v4l/by-id", "v4l/by-path"}) {
    for (const fs::path& link : entries(fs::path(roots.dev) / directory)) {
      if (real_path(link) == device) return link;
    }
  }
  return node;
}

}  // namespace fanlight
