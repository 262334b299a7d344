// SPDX-License-Identifier: Apache-2.0
// Relay chain: who passed a picture on, in the words of RFC 9110 section 7.6.3 (`Via`), so that a
// relay that is asked to relay itself can tell.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fanlight {

// Relays in a row, our own among them. More is a mistake in somebody's configuration: a tree of
// this depth serves any number of viewers.
inline constexpr size_t kRelaysMax = 8;

// What a relay of `url` in this process calls itself in `Via`. It stays the same as long as the
// process lives; another process, or a relay of another URL in this one, has another one. A server
// may so relay a camera of its own without it looking like a loop.
std::string relay_pseudonym(std::string_view url);

// The chain with which a relay answers: `upstream`, the `Via` of the answer that it got (several
// fields joined by commas), and then itself. Comments are left out: they tell a loop nothing.
// Throws std::system_error: ELOOP when `pseudonym` is in `upstream` already or when there would be
// more than kRelaysMax, EPROTO when `upstream` is no list of relays or too long to be passed on.
std::string extend_relay_chain(std::string_view upstream, std::string_view pseudonym);

}  // namespace fanlight
