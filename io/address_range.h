// SPDX-License-Identifier: Apache-2.0
// AddressRange: a set of clients given by a flag such as `--trusted-proxy`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "io/peer_address.h"

namespace fanlight {

// A network in CIDR notation (RFC 4632 section 3.1, RFC 4291 section 2.3), a single address, or the
// clients of UNIX sockets. A value.
// Invariants: an IPv4 range holds IPv4 addresses only and an IPv6 range IPv6 addresses only,
// whatever form they arrived in: `::/0` does not cover IPv4.
class AddressRange {
 public:
  // `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`, `::1`, `unix`. Throws std::invalid_argument whose
  // what() gives the mistake; bits set after the prefix are one, because `10.1.2.3/8` is ambiguous.
  explicit AddressRange(std::string_view text);

  bool contains(const PeerAddress& peer) const noexcept;

  // The text the constructor accepts; a single address is written without a prefix length.
  std::string text() const;

  bool operator==(const AddressRange&) const = default;

 private:
  enum class Family { ipv4, ipv6, unix_socket };

  // Bits of PeerAddress::bytes that all members have in common.
  size_t common_bits() const noexcept;

  Family family_ = Family::unix_socket;
  PeerAddress first_;       // its lowest address
  size_t prefix_bits_ = 0;  // as written: 0..32 for IPv4, 0..128 for IPv6
};

}  // namespace fanlight
