// SPDX-License-Identifier: Apache-2.0
// libcamera's cameras, for a list of devices.
#pragma once

#include <libcamera/libcamera.h>
#include <libcamera/version.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "capture/libcamera/libcamera_camera.h"
#include "capture/libcamera/libcamera_formats.h"
#include "capture/libcamera/libcamera_manager.h"
#include "capture/libcamera/libcamera_plugin.h"
#include "capture/source/names_in.h"

namespace fanlight {

// The V4L2 nodes that a camera consists of. libcamera reports them itself since 0.1.
inline std::vector<uint64_t> video_devices(libcamera::CameraManager& manager,
                                           const CameraPointer& camera) {
  std::vector<uint64_t> devices;
#if LIBCAMERA_VERSION_MAJOR == 0 && LIBCAMERA_VERSION_MINOR == 0
  std::error_code error;
  for (const std::string& name : names_in("/dev", error)) {
    struct stat status {};
    if (!name.starts_with("video")) continue;
    if (::stat(("/dev/" + name).c_str(), &status) != 0) continue;
    if (manager.get(status.st_rdev) == camera) devices.push_back(status.st_rdev);
  }
#else
  static_cast<void>(manager);
  const auto numbers = camera->properties().get(libcamera::properties::SystemDevices);
  if (numbers) devices.assign(numbers->begin(), numbers->end());
#endif
  std::sort(devices.begin(), devices.end());
  return devices;
}

inline std::vector<LibcameraFormat> list_formats(libcamera::Camera& camera) {
  std::vector<LibcameraFormat> result;
  const auto configuration = camera.generateConfiguration({libcamera::StreamRole::VideoRecording});
  if (!configuration || configuration->empty()) return result;
  const libcamera::StreamFormats& formats = configuration->at(0).formats();
  for (const libcamera::PixelFormat& format : formats.pixelformats()) {
    if (find_libcamera_format(format) == nullptr) continue;
    LibcameraFormat& row = result.emplace_back(LibcameraFormat{format.toString(), {}});
    for (const libcamera::Size& size : formats.sizes(format)) {
      row.sizes.push_back({static_cast<int>(size.width), static_cast<int>(size.height)});
    }
  }
  return result;
}

inline std::vector<LibcameraCamera> list_cameras() {
  std::vector<LibcameraCamera> result;
  const LibcameraManager manager;
  for (const auto& camera : manager.get().cameras()) {
    result.push_back({camera->id(), model_of(*camera), video_devices(manager.get(), camera),
                      list_formats(*camera)});
  }
  return result;
}

}  // namespace fanlight
