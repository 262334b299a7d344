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

// The client behind `peer`. Each proxy appends the address of its own client to X-Forwarded-For, so
// the field is read from its end, and only as far as trusted proxies wrote it: everything before
// the first untrusted address was chosen by that client. If the field is missing or malformed, the
// nearest known proxy stands in for its clients.
//
// `is_local` is true only for a client on this machine that connects without a proxy: not if the
// request is marked as forwarded, by any sender, and not if a trusted proxy sends it.
PeerAddress client_address(const PeerAddress& peer, const Request& request,
                           std::span<const AddressRange> trusted) noexcept;

}  // namespace fanlight
