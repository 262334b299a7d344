// SPDX-License-Identifier: Apache-2.0
// Fetch URL: the questions that HttpFetch has about its URLs.
#pragma once

#include <optional>
#include <string>

namespace fanlight {

// Whether `url` contains a user. Throws std::invalid_argument when it is not an http:// or https://
// URL; the password never appears in an error text.
bool has_user(const std::string& url);

// `url`, which contains a user and no password, with this one. Throws as has_user().
std::string with_password(const std::string& url, const std::string& password);

// Whether both have the same origin (RFC 6454 section 4); `location` may be relative to `url`.
bool is_same_origin(const std::string& url, const std::string& location);

// The WebSocket with updates (docs/api.md) of the camera whose stream a Fanlight has at `url`: the
// last part of the path becomes `ws`, and the query gets `segments=1`. Nothing if that is not the
// path of a stream, or if `action` in the query chooses something else, such as another camera by
// its number (`stream_1`).
std::optional<std::string> web_socket_url(const std::string& url);

}  // namespace fanlight
