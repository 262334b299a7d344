// SPDX-License-Identifier: Apache-2.0
// Authority: the host and port that a request names.
#pragma once

#include <string_view>

namespace fanlight {

// Whether `text` is uri-host [ ":" port ] (RFC 9110 section 7.2; RFC 3986 sections 3.2.2, 3.2.3).
// The host may be empty, and so may the port.
bool is_authority(std::string_view text) noexcept;

// The same, and the host is not empty, as the http scheme requires (RFC 9110 section 4.2.1).
bool is_http_authority(std::string_view text) noexcept;

// The host of an authority, with the brackets around an IPv6 address, without the port.
std::string_view host_of(std::string_view authority) noexcept;

// Whether each '%' begins a percent-encoded byte (RFC 3986 section 2.1).
bool is_percent_encoded(std::string_view text) noexcept;

}  // namespace fanlight
