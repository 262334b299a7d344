// SPDX-License-Identifier: Apache-2.0
// Relay chain: the relays that passed a picture on, in the syntax of RFC 9110 section 7.6.3
// (`Via`), so that a relay can detect a request to relay itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fanlight {

// Relays in a row, including ours. More indicate a misconfiguration: a tree of this depth serves
// any number of viewers.
inline constexpr size_t kRelaysMax = 8;

// The name in `Via` of a relay of `url` in this process. It is constant for the life of the
// process; another process, or a relay of another URL in this one, has a different name. A server
// can therefore relay one of its own cameras without it looking like a loop.
std::string relay_pseudonym(std::string_view url);

// The chain that a relay sends: `upstream`, the `Via` of the response it received (several fields
// joined by commas), and then itself. Comments are removed: they do not help to detect a loop.
// Throws std::system_error: ELOOP when `pseudonym` is already in `upstream` or when there would be
// more than kRelaysMax, EPROTO when `upstream` is not a list of relays or too long to be passed on.
std::string extend_relay_chain(std::string_view upstream, std::string_view pseudonym);

}  // namespace fanlight
