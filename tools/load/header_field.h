// SPDX-License-Identifier: Apache-2.0
// HeaderField: the lines of HTTP and MIME heads, in all the forms a client must accept.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fanlight {

// "Name: value" (RFC 9112 section 5), the value without surrounding blanks.
struct HeaderField {
  std::string_view name;  // empty: the line is no field
  std::string_view value;

  // Names are case-insensitive (RFC 9110 section 5.1).
  bool is(std::string_view wanted) const;
};
HeaderField split_field(std::string_view line);

// "1700000000.123456" in microseconds; decimals after the sixth are cut.
std::optional<int64_t> parse_microseconds(std::string_view text);

// The boundary in the value of a Content-Type that is any multipart type (RFC 2046 section 5.1.1),
// without quotes; empty when there is none.
std::string_view find_boundary(std::string_view content_type);

// A hash of the field's name in lower case; 0 when the line does not begin with a field name.
uint32_t hash_of_name(std::string_view line);

}  // namespace fanlight
