// SPDX-License-Identifier: Apache-2.0
// Configuration file: the options as TOML (toml.io). The keys are the flags' long names, cameras
// are tables, and the first one in the file has the root URLs:
//
//   listen = ["0.0.0.0:8080", "unix:/run/fanlight/http"]
//   max-viewers = 500
//   [camera.front]
//   source = "v4l2:/dev/video0"
//   fps = 15
//   control = { brightness = 128 }
//   [camera.yard]
//   source = "https://10.0.0.7/stream"
//   headers = { X-API-Key = "secret" }
//   tls = { ca = "/etc/fanlight/yard.pem", pin = "sha256//..." }
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/options/setting.h"

namespace fanlight {

constexpr size_t kConfigBytesMax = size_t{1} << 20;

// Throws StartError (config) with one line, `FILE:LINE: KEY: what is expected`. Only the type of
// each value is checked here; apply_setting() does the rest.
Settings read_config_file(const std::string& path);

// The same for a text; `path` appears in messages.
Settings parse_config(std::string_view text, const std::string& path);

}  // namespace fanlight
