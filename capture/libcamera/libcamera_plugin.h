// SPDX-License-Identifier: Apache-2.0
// libcamera at run time: the part of the program that finds and loads fanlight-libcamera.so, and
// what the two agree on.
//
// libcamera's soname changes with each of its minor versions. Only the plugin is linked to it, so
// that a package of the server installs and runs where another libcamera is there, or none.
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

// One format of a camera, with the sizes that libcamera names for it, smallest first.
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
  std::string id;                        // what stands behind `libcamera:`
  std::string model;                     // "imx708", "HD Webcam C525"; empty when unknown
  std::vector<uint64_t> video_devices;   // its V4L2 nodes, as st_rdev of stat(2) has them
  std::vector<LibcameraFormat> formats;  // that we can make use of; empty while it is in use
};

// What the plugin gives. Its functions throw what Source says.
// Invariant: `version` is the first member in every version, so that it can always be read.
struct LibcameraPlugin {
  // The program's. C++ classes are handed over, and they may differ with every release, so a plugin
  // goes with the program of the same release and with no other.
  const char* version;
  std::unique_ptr<Source> (*open)(std::string_view argument, const SourceOptions& options,
                                  CameraClock& clock);
  std::vector<LibcameraCamera> (*list)();
};

// The only symbol that is looked for in the plugin; never fails.
using LibcameraPluginEntry = const LibcameraPlugin* (*)();
inline constexpr char kLibcameraPluginEntry[] = "fanlight_libcamera_plugin";
inline constexpr char kLibcameraPluginFile[] = "fanlight-libcamera.so";

// Loads the plugin from the first of `folders` that has it; it stays until the process ends,
// because libcamera has threads and exit handlers of its own. Throws std::system_error: ENOENT when
// no folder has it, ELIBACC when it does not load (its libcamera is missing), ELIBBAD when it is
// none, or one of another release. Any thread; a failure may be tried again.
const LibcameraPlugin& load_libcamera_plugin(std::span<const std::string> folders);

// Where the program looks for it: beside itself, as in a build tree, then where it is installed.
std::vector<std::string> libcamera_plugin_folders();

// `libcamera` and `libcamera:ID` of the source table. Throws what load_libcamera_plugin() does and
// what the source does.
std::unique_ptr<Source> open_libcamera_source(std::string_view argument,
                                              const SourceOptions& options, CameraClock& clock);

// All cameras of libcamera, in its order. Throws what load_libcamera_plugin() does, and EMFILE or
// EAGAIN when there are too few descriptors or threads to start libcamera, which cannot bear that.
std::vector<LibcameraCamera> list_libcamera_cameras();

}  // namespace fanlight
