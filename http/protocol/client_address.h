// SPDX-License-Identifier: Apache-2.0
// Client address: the address of a client, even if it connects through a proxy.
#pragma once

#include <span>
#include <string_view>

#include "io/address_range.h"
#include "io/peer_address.h"

namespace fanlight {

struct Request;

// Whether `address` is in one of the ranges.
bool is_any_of(std::span<const AddressRange> ranges, const PeerAddress& address) noexcept;

// Whether the request, from a peer on this machine, shows no sign of a proxy there, which would
// speak for clients anywhere: none of the fields that proxies add, and no Host but one that only
// this machine uses for itself, `localhost` or a loopback address.
bool is_of_this_machine(const Request& request) noexcept;

// The client behind `peer`. Each proxy appends the address of its own client to X-Forwarded-For, so
// the field is read from its end, and only as far as trusted proxies wrote it: everything before
// the first untrusted address was chosen by that client. If the field is missing or malformed, the
// nearest known proxy stands in for its clients.
//
// `is_local` is true only for a client on this machine that connects without a proxy: not if a
// trusted proxy sends the request, and not if is_of_this_machine() finds signs of another proxy.
PeerAddress client_address(const PeerAddress& peer, const Request& request,
                           std::span<const AddressRange> trusted) noexcept;

}  // namespace fanlight
