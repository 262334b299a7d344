// SPDX-License-Identifier: Apache-2.0
// Fetch URL: what HttpFetch asks about the URLs that it fetches.
#pragma once

#include <string>

namespace fanlight {

// Whether `url` has a user in it. Throws std::invalid_argument when it is no http:// or https://
// URL; no text that is thrown has the password in it.
bool has_user(const std::string& url);

// Whether both have the same origin (RFC 6454 section 4); `location` may be relative to `url`.
bool is_same_origin(const std::string& url, const std::string& location);

}  // namespace fanlight
