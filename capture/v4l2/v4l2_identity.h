// SPDX-License-Identifier: Apache-2.0
// Which device is which: /dev/video0 is whatever was plugged in first, so a camera that comes back
// may have another number, and another camera may have got its.
#pragma once

#include <string>
#include <vector>

#include "capture/v4l2/system_files.h"
#include "capture/v4l2/v4l2_io.h"

namespace fanlight {

// What tells the open device `fd`, which was opened as `path`, from others: its USB vendor, product
// and serial number, wherever it is plugged in; its name and the port when it has no serial number,
// or shares it with another that is there now (cheap cameras all have the same one). A device with
// several nodes has an identity for each. Empty when the device does not answer.
std::string v4l2_identity(V4l2Io& io, int fd, const std::string& path,
                          const SystemRoots& roots = {});

// The path of the device with this identity: `path` when it is that one, else the node that is;
// `path` as well when none is, or when `identity` is empty. Opens every video node for a moment
// when `path` is not the one.
std::string find_v4l2_device(V4l2Io& io, const std::string& path, const std::string& identity,
                             const SystemRoots& roots = {});

// Paths of all video nodes, by number: /dev/video0, /dev/video2, /dev/video10.
std::vector<std::string> video_nodes(const SystemRoots& roots = {});

// The name under /dev/v4l/by-id, or else by-path, that stays the same after a replug or a reboot;
// `node` itself when there is none.
std::string stable_video_path(const std::string& node, const SystemRoots& roots = {});

}  // namespace fanlight
