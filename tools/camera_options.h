// SPDX-License-Identifier: Apache-2.0
// Camera options: what the command line says of one camera.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/control.h"
#include "capture/orientation.h"

namespace fanlight {

struct CameraOptions {
  std::string name{};
  std::string source{};
  int width = 0;  // pixels; 0: the source's own
  int height = 0;
  double fps = 0;  // 0: the source's own
  int quality = 80;
  Orientation orientation{};
  std::vector<ControlSetting> controls{};
};

// `[a-z0-9-]{1,32}`. Throws std::invalid_argument.
void check_camera_name(std::string_view name);

// Of a kind that exists, or `auto`. Nothing is opened. Throws std::invalid_argument.
void check_source(std::string_view spec);

// Sets `size=WxH`, `fps=N`, `quality=N`, `rotate=DEGREES` or `mirror=on|off`.
// Throws std::invalid_argument for another key, or a value that makes no sense.
void set_camera_option(CameraOptions& camera, std::string_view key, std::string_view value);

// `NAME=SPEC[,key=value]...`. Behind a URL nothing is taken for an option: commas are its own.
// Throws std::invalid_argument.
CameraOptions parse_camera(std::string_view text);

// What the flags say, put together: the camera that --source and its fellows describe comes first,
// the root URLs are its. `single` has an empty source when --source was not given, and `is_shaped`
// when something else was said of it; `controls` are
// the values of --control, `[CAMERA/]NAME=VALUE`, of the first camera when none is named. Throws
// StartError (usage).
std::vector<CameraOptions> put_cameras_together(CameraOptions single, bool is_shaped,
                                                std::vector<CameraOptions> others,
                                                const std::vector<std::string>& controls);

}  // namespace fanlight
