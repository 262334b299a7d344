// SPDX-License-Identifier: Apache-2.0
// Inherited: what a service manager passes to the process.
#pragma once

#include <string>
#include <vector>

#include "core/fd.h"

namespace fanlight {

struct InheritedSocket {
  Fd socket;
  std::string name;  // FileDescriptorName= of the unit (systemd.socket(5)); empty if none
};

// The sockets of systemd's socket activation: LISTEN_FDS descriptors from 3 on, if LISTEN_PID is
// this process (sd_listen_fds(3)). The variables are removed, so that no child process uses them.
std::vector<InheritedSocket> inherited_sockets();

// True when systemd started this process itself (SYSTEMD_EXEC_PID, systemd.exec(5)).
bool started_by_systemd();

}  // namespace fanlight
