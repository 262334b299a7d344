// SPDX-License-Identifier: Apache-2.0
// PeerAddress: where a client comes from, in one form for all families.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>

namespace fanlight {

// An IPv6 address in network order, or an IPv4 address mapped into one (::ffff:a.b.c.d, RFC 4291
// section 2.5.5.2). All zero for UNIX sockets and when it is not known.
struct PeerAddress {
  std::array<std::byte, 16> bytes{};
  bool is_local = false;  // this machine: 127.0.0.0/8, ::1, or a UNIX socket

  bool operator==(const PeerAddress&) const = default;
};

// From what getpeername(2) gives; of another family than IPv4, IPv6 and UNIX: not known.
PeerAddress to_peer_address(const sockaddr_storage& address) noexcept;

}  // namespace fanlight
