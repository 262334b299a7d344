// SPDX-License-Identifier: Apache-2.0
// Replaces fanlight-libcamera.so.
#include <cerrno>
#include <system_error>

#include "capture/libcamera/libcamera_plugin.h"

namespace {

std::unique_ptr<fanlight::Source> open(std::string_view argument, const fanlight::SourceOptions&,
                                       fanlight::CameraClock&) {
  throw std::system_error(ENODEV, std::system_category(), "test plugin: " + std::string(argument));
}

std::vector<fanlight::LibcameraCamera> list() {
  return {{.id = "/base/test", .model = "test", .video_devices = {}, .formats = {}}};
}

}  // namespace

extern "C" const void* fanlight_libcamera_plugin() {
  static const fanlight::LibcameraPlugin plugin{FANLIGHT_VERSION, open, list};
  return &plugin;
}
