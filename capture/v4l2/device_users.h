// SPDX-License-Identifier: Apache-2.0
// Which programs have a device open.
#pragma once

#include <string>

#include "capture/v4l2/system_files.h"

namespace fanlight {

// Who else has the device open, for an error message: "motion (pid 812), cheese (pid 94)"; empty
// when nobody, or nobody that this user may know of. This process is named when it has it open more
// than once. Reads /proc/*/fd; takes some milliseconds.
std::string describe_device_users(const std::string& path, const SystemRoots& roots = {});

}  // namespace fanlight
