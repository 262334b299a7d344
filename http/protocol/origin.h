// SPDX-License-Identifier: Apache-2.0
// Origin: which web pages may do what here. Browsers send the origin of a page's script.
//
// `named` are the values of --cors-origin: origins as a browser sends them (RFC 6454 section 6.2),
// or `*` for all.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fanlight {

inline constexpr std::string_view kAnyOrigin = "*";

// True if a page of `origin` (a value of Origin) may change something at `host` (a value of Host):
// it is the same host, with or without TLS, or a named origin. `null`, the origin of sandboxed
// pages and files, never qualifies. Nor does `*` suffice here: it lets all pages read, and few who
// configure it mean more than that.
bool may_change(std::string_view origin, std::string_view host,
                std::span<const std::string> named) noexcept;

// True if a script of `origin` may read what `host` returns: it may change something there, or `*`
// is named, or the client is not a browser and sends no Origin.
bool may_read(std::string_view origin, std::string_view host,
              std::span<const std::string> named) noexcept;

// The value of Access-Control-Allow-Origin for a request with `origin`; empty: omit the field. It
// is `origin` if that is named, else `*` if that is named. A request without an Origin, which is
// not a script's in a browser, gets the named value if there is only one.
std::string_view allowed_origin(std::string_view origin,
                                std::span<const std::string> named) noexcept;

// Whether that value depends on the request, which caches must know.
bool varies_by_origin(std::span<const std::string> named) noexcept;

}  // namespace fanlight
