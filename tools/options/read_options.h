// SPDX-License-Identifier: Apache-2.0
// From the flags, the environment and the configuration file to the options in force.
#pragma once

#include "tools/options/command_line.h"
#include "tools/options/options.h"

namespace fanlight {

// Combines the flags, the environment, the configuration file and the defaults: each option is
// taken from the first of these that sets it. The first level that names a source decides about
// everything that describes cameras: lower levels are ignored for those options. Reads the file
// again each time. Throws StartError, usage or config, with one line that names the flag, the
// variable or the file's line.
// variable or the file's line.
Options read_options(const CommandLine& flags);

}  // namespace fanlight
