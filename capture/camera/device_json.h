// SPDX-License-Identifier: Apache-2.0
// Device JSON: the cameras of this machine, machine-readable, as in /api/v1/state.
#pragma once

#include <span>
#include <string>

#include "capture/camera/device_list.h"
#include "capture/libcamera/libcamera_plugin.h"

namespace fanlight {

// One array, on one line:
//   {"source":"v4l2:/dev/video0","is_automatic":true,"name":"...","node":"/dev/video0",
//    "problem":"","formats":[{"name":"MJPEG","width":1280,"height":720,"fps_min":5,"fps_max":30,
//    "is_converted":false}],"controls":[...]}
// `source` is the SPEC for --source. Controls are as in control_json(); libcamera cameras report
// neither controls nor rates. Text from drivers is escaped, and replaced where it is not UTF-8.
std::string describe_cameras_json(std::span<const LibcameraCamera> libcamera,
                                  std::span<const V4l2Camera> v4l2);

// The same with the V4L2 cameras of this machine. Calls drivers, which may take a long time.
std::string list_devices_json(std::span<const LibcameraCamera> libcamera);

}  // namespace fanlight
