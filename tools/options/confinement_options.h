// SPDX-License-Identifier: Apache-2.0
// Confinement options: the options that decide what the server gives up at start.
#pragma once

#include <vector>

#include "tools/options/option.h"

namespace fanlight {

// A part of the option table.
std::vector<Option> confinement_options();

}  // namespace fanlight
