// SPDX-License-Identifier: Apache-2.0
// Field text: parsing the fields of HTTP and of MIME parts (RFC 9110 section 5).
#pragma once

#include <optional>
#include <string_view>

#include "core/time.h"

namespace fanlight {

// ASCII only.
char lower(char c);

// Without surrounding blanks and tabs.
std::string_view trimmed(std::string_view text);

// Both ignore the case of `text`.
bool begins_with(std::string_view text, std::string_view lower_case);
bool equals(std::string_view text, std::string_view lower_case);

// The boundary of a Content-Type: `type; boundary=B` or `boundary="B"`; empty when absent. An
// unquoted one extends to the next semicolon, because some cameras have blanks in it.
std::string_view find_boundary(std::string_view content_type);

// The time in `S.UUUUUU`, as in X-Timestamp. Nothing for anything else, and for times before 2001
// or after 2286: some cameras count from when they were switched on, or in milliseconds.
std::optional<WallTime> parse_timestamp(std::string_view text);

}  // namespace fanlight
