// SPDX-License-Identifier: Apache-2.0
// `fanlight sign KEY-FILE CAMERA TIME [FPS [URL]]`: prints a signed link.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace fanlight {

// The link; `now` is Unix time in seconds. `arguments`: those behind `sign`. Throws StartError:
// usage, config.
std::string sign_link(std::span<const std::string> arguments, int64_t now);

// Prints it, or its help.
void run_sign(std::span<const std::string> arguments, int64_t now);

}  // namespace fanlight
