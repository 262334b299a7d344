// SPDX-License-Identifier: Apache-2.0
// Fetch URL: the questions that HttpFetch has about its URLs.
#pragma once

#include <string>

namespace fanlight {

// Whether `url` contains a user. Throws std::invalid_argument when it is not an http:// or https://
// URL; the password never appears in an error text.
bool has_user(const std::string& url);

// Whether both have the same origin (RFC 6454 section 4); `location` may be relative to `url`.
bool is_same_origin(const std::string& url, const std::string& location);

}  // namespace fanlight
