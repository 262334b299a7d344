// SPDX-License-Identifier: Apache-2.0
// Field text: parsing the fields of HTTP and of MIME parts (RFC 9110 section 5).
#pragma once

#include <optional>
#include <string_view>

#include "core/time.h"

namespace fanlight {

// The boundary of a Content-Type: `type; boundary=B` or `boundary="B"`; empty when absent. An
// unquoted one extends to the next semicolon, because some cameras have blanks in it.
std::string_view find_boundary(std::string_view content_type);

// The time in `S.UUUUUU`, as in X-Timestamp. Nothing for anything else, and for times before 2001
// or after 2286: some cameras count from when they were switched on, or in milliseconds.
std::optional<WallTime> parse_timestamp(std::string_view text);

}  // namespace fanlight
