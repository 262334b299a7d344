// SPDX-License-Identifier: Apache-2.0
// Version: what --version prints and /api/v1/state says.
#pragma once

#include <string>

namespace fanlight {

std::string version_number();  // "0.1.0"
std::string version_text();    // the same with the libraries' versions

}  // namespace fanlight
