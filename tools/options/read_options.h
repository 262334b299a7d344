// SPDX-License-Identifier: Apache-2.0
// From the flags, the environment and the configuration file to the options in force.
#pragma once

#include "tools/options/command_line.h"
#include "tools/options/options.h"

namespace fanlight {

// Puts together what the flags say, what the environment says, what the configuration file says and
// the defaults: for each option the first of them that says something. Who names a source decides
// about all that describes cameras: those behind it are not asked for any of it. Reads the file
// anew each time. Throws StartError, usage or config, with one line that names the flag, the
// variable or the file's line.
Options read_options(const CommandLine& flags);

}  // namespace fanlight
