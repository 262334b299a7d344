// SPDX-License-Identifier: Apache-2.0
// The programs that have a device open.
#pragma once

#include <string>

#include "capture/v4l2/system_files.h"

namespace fanlight {

// The other users of the device, for an error message: "motion (pid 812), cheese (pid 94)"; empty
// when there are none, or none visible to this user. This process is listed when it has it open
// more than once. Reads /proc/*/fd; takes a few milliseconds.
std::string describe_device_users(const std::string& path, const SystemRoots& roots = {});

}  // namespace fanlight
