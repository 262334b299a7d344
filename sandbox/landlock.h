// SPDX-License-Identifier: Apache-2.0
// Landlock: confines a process to files and ports, landlock(7).
#pragma once

#include <string>

#include "sandbox/sandbox_files.h"

namespace fanlight {

// The version of Landlock that this kernel has, at least 1; or -errno: ENOSYS without it,
// EOPNOTSUPP where it is turned off (landlock_create_ruleset(2)).
int landlock_version() noexcept;

// What a kernel with this version cannot confine: "cutting of files, TCP ports"; empty: nothing.
std::string missing_in_landlock(int version);

// Confines the calling thread, and those that it starts, to the files in the list: nothing else is
// opened, made, removed or executed, no TCP port is bound, and unless connections are permitted
// none is connected to; no process outside is traced, or sent a signal. What is open stays usable.
// PR_SET_NO_NEW_PRIVS must be set. Cannot be undone.
//
// `version` is landlock_version(), or a lower one. Throws std::system_error.
void confine_files(const SandboxFiles& files, int version);

}  // namespace fanlight
