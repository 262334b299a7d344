// SPDX-License-Identifier: Apache-2.0
// Client address: who a client is, also when it comes through a proxy.
#pragma once

#include <span>
#include <string_view>

#include "io/address_range.h"
#include "io/peer_address.h"

namespace fanlight {

struct Request;

// The client behind `peer`. Each proxy adds the address that it was asked from to the end of
// X-Forwarded-For, so the field is read from its end, and only as far as `trusted` ones wrote it:
// what stands before the first address that is not trusted is whatever that client liked to say.
// Where it is missing or malformed, the nearest proxy that is known stands for its clients.
//
// `is_local` is true only for a client of this machine who came without a proxy: not when the
// request says that it was forwarded, whoever says so, nor when a trusted proxy sends it.
PeerAddress client_address(const PeerAddress& peer, const Request& request,
                           std::span<const AddressRange> trusted) noexcept;

}  // namespace fanlight
