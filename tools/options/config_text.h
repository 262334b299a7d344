// SPDX-License-Identifier: Apache-2.0
// Config text: the options in force as text.
#pragma once

#include <string>

#include "tools/options/options.h"

namespace fanlight {

// In the format of --config: reading it gives the same options again. Throws StartError (config)
// when a text is not UTF-8, which TOML cannot express.
std::string config_toml(const Options& options);

// One object for /api/v1/state: option names and their values, and "camera" with an object for
// each. Passwords in URLs are removed, and invalid UTF-8 is replaced.
std::string config_json(const Options& options);

}  // namespace fanlight
