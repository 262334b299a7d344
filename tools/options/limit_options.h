// SPDX-License-Identifier: Apache-2.0
// Limit options: what viewers and the network may take, and how long each of them may take it.
#pragma once

#include <vector>

#include "tools/options/option.h"

namespace fanlight {

// A part of the option table.
std::vector<Option> limit_options();

}  // namespace fanlight
