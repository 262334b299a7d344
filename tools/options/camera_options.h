// SPDX-License-Identifier: Apache-2.0
// Camera options: the options of one camera.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "capture/picture/orientation.h"
#include "capture/source/control.h"
#include "capture/source/source.h"
#include "tools/options/ladder_option.h"

namespace fanlight {

// The name of a directory: not a camera's, but that of the cameras that are announced at a NATS
// server (docs/nats.md).
inline constexpr std::string_view kDirectory = "*";
inline constexpr size_t kDirectoryCamerasMax = 256;

struct CameraOptions {
  std::string name{};  // or kDirectory
  std::string source{};
  int width = 0;  // pixels; 0: the source's own
  int height = 0;
  double fps = 0;  // 0: the source's own
  int quality = 80;
  Orientation orientation{};
  LadderOption ladder{};
  std::vector<ControlSetting> controls{};
  UpstreamOptions upstream{};   // of a URL
  std::string publish{};        // a URL, where the frames are published, too; empty: nowhere
  std::string password_file{};  // holds the password of the user in the URL; empty: none
  std::string password{};       // what it holds; read_passwords()
  size_t max_cameras = 16;      // of a directory

  bool is_directory() const noexcept { return name == kDirectory; }
};

// `[a-z0-9-]{1,32}`, or kDirectory. Throws std::invalid_argument.
void check_camera_name(std::string_view name);

// What only a directory may have, and what it must have. Throws std::invalid_argument.
void check_directory(const CameraOptions& camera);

// Sets `size=WxH`, `fps=N`, `quality=N`, `rotate=DEGREES`, `mirror=on|off`, `ladder=RUNGS`,
// `segments=on|off`, `publish=URL` or `max-cameras=N`.
// Throws std::invalid_argument for an unknown key or an invalid value.
void set_camera_option(CameraOptions& camera, std::string_view key, std::string_view value);

// Sets the source; behind a URL, `,segments=on|off` may follow. Throws std::invalid_argument.
void set_camera_source(CameraOptions& camera, std::string_view text);

// Adds `NAME: VALUE`, which is sent to another server. Throws std::invalid_argument for anything
// that is not an HTTP field (RFC 9110 section 5).
void add_header(CameraOptions& camera, std::string_view name, std::string_view value);

// `sha256//` and 32 bytes in base64, in the format of curl(1) --pinnedpubkey; several are joined by
// `;`. Throws std::invalid_argument.
void check_pin(std::string_view pin);

// `NAME=SPEC[,key=value]...`; the value of `ladder` may contain commas. A URL may contain commas:
// it ends at the first comma that is followed by one of the keys and '='; where that is part of the
// URL, the comma is written %2C. Throws std::invalid_argument.
CameraOptions parse_camera(std::string_view text);

// Combines the flags: the camera of --source and related flags is first and has the root URLs, and
// the directory is last.
// `single` has an empty source when --source was not given; `is_shaped` is set when related flags
// were given anyway; `controls` are the values of --control, `[CAMERA/]NAME=VALUE`, of the first
// camera when none is named. Throws StartError (usage).
std::vector<CameraOptions> put_cameras_together(CameraOptions single, bool is_shaped,
                                                std::vector<CameraOptions> others,
                                                const std::vector<std::string>& controls);

}  // namespace fanlight
