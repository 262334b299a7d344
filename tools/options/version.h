// SPDX-License-Identifier: Apache-2.0
// Version: the version in --version and /api/v1/state.
#pragma once

#include <string>

namespace fanlight {

std::string version_number();  // "0.1.0"
std::string version_text();    // also with the libraries' versions

}  // namespace fanlight
