// SPDX-License-Identifier: Apache-2.0
// Origin: which pages may do what here. Browsers say of which origin a page's script is.
//
// `named` is what --cors-origin names: origins as a browser sends them (RFC 6454 section 6.2), or
// `*` for all of them.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fanlight {

inline constexpr std::string_view kAnyOrigin = "*";

// True when a page of `origin` (a value of Origin) may change something at `host` (a value of
// Host): it comes from there, through TLS or not, or from an origin that is named. The `null` of
// sandboxed pages and files is nobody's. Nor does `*` stand for anybody here: it lets all pages
// look, and few who write it mean more than that.
bool may_change(std::string_view origin, std::string_view host,
                std::span<const std::string> named) noexcept;

// True when a script of `origin` may read what comes from `host`: it may change something there, or
// `*` lets all pages look, or it is no browser, which sends no Origin.
bool may_read(std::string_view origin, std::string_view host,
              std::span<const std::string> named) noexcept;

// The value of Access-Control-Allow-Origin for a request of `origin`; empty: no such field. That is
// `origin` where it is named, else `*` where that is; and to a request without an Origin the only
// one that is named, which is not the browser's to use.
std::string_view allowed_origin(std::string_view origin,
                                std::span<const std::string> named) noexcept;

// Whether that value depends on the request, which caches have to know.
bool varies_by_origin(std::span<const std::string> named) noexcept;

}  // namespace fanlight
