// SPDX-License-Identifier: Apache-2.0
// Status text: the statuses of HTTP with their names.
#pragma once

#include <string>

namespace fanlight {

// "503 Service Unavailable"; only the number for a status that camera servers do not use (RFC 9110
// section 15), and "no HTTP" for 0.
std::string status_text(unsigned status);

}  // namespace fanlight
