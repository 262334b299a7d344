// SPDX-License-Identifier: Apache-2.0
// Identifies devices: /dev/video0 is whichever was plugged in first, so a camera that returns may
// have another number, and another camera may have taken its old one.
#pragma once

#include <string>
#include <vector>

#include "capture/v4l2/system_files.h"
#include "capture/v4l2/v4l2_io.h"

namespace fanlight {

// Distinguishes the open device `fd`, which was opened as `path`, from others: its USB vendor,
// product and serial number, on any port; its name and the port when it has no serial number, or
// shares it with another device that is present (cheap cameras all have the same one). A device
// with several nodes has an identity for each. Empty when the device does not respond.
std::string v4l2_identity(V4l2Io& io, int fd, const std::string& path,
                          const SystemRoots& roots = {});

// The path of the device with this identity: `path` if it matches, else the node that does; also
// `path` when none does, or when `identity` is empty. Briefly opens every video node when `path`
// does not match.
std::string find_v4l2_device(V4l2Io& io, const std::string& path, const std::string& identity,
                             const SystemRoots& roots = {});

// Paths of all video nodes, by number: /dev/video0, /dev/video2, /dev/video10.
std::vector<std::string> video_nodes(const SystemRoots& roots = {});

// The name under /dev/v4l/by-id, or else by-path, which is stable across replugging and reboots;
// `node` itself when there is none.
std::string stable_video_path(const std::string& node, const SystemRoots& roots = {});

}  // namespace fanlight
