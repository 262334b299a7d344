// SPDX-License-Identifier: Apache-2.0
// libcamera at run time: the part of the program that finds and loads fanlight-libcamera.so, and
// the interface between the two.
//
// libcamera's soname changes with each of its minor versions. Only the plugin is linked to it, so
// that a server package installs and runs with another libcamera, or none.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/source/camera_clock.h"
#include "capture/source/source.h"

namespace fanlight {

// One format of a camera, with the sizes that libcamera lists for it, smallest first.
struct LibcameraFormat {
  struct Size {
    int width = 0;  // pixels
    int height = 0;
  };
  std::string name;  // as libcamera writes it: YUV420, MJPEG
  std::vector<Size> sizes;
};

// One camera, for a list of devices.
struct LibcameraCamera {
  std::string id;                        // the part after `libcamera:`
  std::string model;                     // "imx708", "HD Webcam C525"; empty when unknown
  std::vector<uint64_t> video_devices;   // its V4L2 nodes, as st_rdev of stat(2)
  std::vector<LibcameraFormat> formats;  // that we can use; empty while it is in use
};

// The plugin's interface. Its functions throw as documented in Source.
// Invariant: `version` is the first member in every version, so that it can always be read.
struct LibcameraPlugin {
  // The program's. C++ classes are passed across, which may differ with every release, so a plugin
  // only works with the program of the same release.
  const char* version;
  std::unique_ptr<Source> (*open)(std::string_view argument, const SourceOptions& options,
                                  CameraClock& clock);
  std::vector<LibcameraCamera> (*list)();
};

// Loads the plugin: load_plugin() (capture/source/plugin.h), and its errors.
const LibcameraPlugin& load_libcamera_plugin(std::span<const std::string> folders);

// `libcamera` and `libcamera:ID` of the source table. Throws the errors of load_libcamera_plugin()
// and of the source.
std::unique_ptr<Source> open_libcamera_source(std::string_view argument,
                                              const SourceOptions& options, CameraClock& clock);

// All cameras of libcamera, in its order. Throws the errors of load_libcamera_plugin(), and EMFILE
// or EAGAIN when there are too few descriptors or threads to start libcamera, which does not
// survive that.
std::vector<LibcameraCamera> list_libcamera_cameras();

}  // namespace fanlight
