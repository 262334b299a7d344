// SPDX-License-Identifier: Apache-2.0
// LoadReport: a LoadResult as JSON for programs and as a table for people.
#pragma once

#include <string>

#include "tools/load/load_result.h"

namespace fanlight {

// One object in one line. The keys are always the same, and null means unknown; scripts rely on it.
std::string to_json(const LoadResult& result);

// A dash means unknown.
std::string to_table(const LoadResult& result);

}  // namespace fanlight
