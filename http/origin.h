// SPDX-License-Identifier: Apache-2.0
// Origin: which pages may do what here. Browsers say of which origin a page's script is.
#pragma once

#include <string_view>

namespace fanlight {

// True when a page of `origin` (a value of Origin, RFC 6454 section 6.2) may change something at
// `host` (a value of Host): it comes from there, through TLS or not, or from `cors_origin`. The
// `null` of sandboxed pages and files is nobody's. Nor does `*` stand for anybody here: it
// lets all pages look, and few who write it mean more than that.
bool may_change(std::string_view origin, std::string_view host,
                std::string_view cors_origin) noexcept;

// True when a script of `origin` may read what comes from `host`: it may change something there, or
// `cors_origin` lets all pages look, or it is no browser, which sends no Origin.
bool may_read(std::string_view origin, std::string_view host,
              std::string_view cors_origin) noexcept;

}  // namespace fanlight
