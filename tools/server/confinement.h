// SPDX-License-Identifier: Apache-2.0
// Confinement: what the server gives up at start, by its options: root's rights, files, system
// calls.
#pragma once

#include <string>
#include <vector>

#include "sandbox/sandbox.h"
#include "tools/options/command_line.h"
#include "tools/options/options.h"

namespace fanlight {

// The files that SIGHUP reads again. Whatever a reload opens belongs here: the sandbox lets the
// folders of these files be read, and a reload that names a file elsewhere is refused.
std::vector<std::string> files_of_reload(const Options& options);

// Everything that the server opens after the start.
SandboxFiles files_in_use(const Options& options);

// Carries out --user. Ports, UNIX sockets and the certificate are open by then; all other files are
// opened as the new user. The group video is kept where a camera is a device. Throws StartError:
// not_permitted unless the process is root; usage or config, by where the option was given, for an
// unknown user.
void give_up_root(const CommandLine& flags, const Options& options);

// Carries out --sandbox. No other thread may exist yet. Throws StartError (unavailable).
Sandbox enter_sandbox(const Options& options);

// Throws StartError (config) when a reload with these options would read a file outside.
void check_reload(const Sandbox& sandbox, const Options& next);

// One line, and one for each folder that is open wider than one would expect.
void say_sandbox(const Sandbox& sandbox);

}  // namespace fanlight
