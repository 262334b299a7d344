// SPDX-License-Identifier: Apache-2.0
// AddressRange: a set of clients that a flag names, as `--trusted-proxy` does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "io/peer_address.h"

namespace fanlight {

// A network in CIDR's notation (RFC 4632 section 3.1, RFC 4291 section 2.3), one address, or the
// clients of UNIX sockets. A value.
// Invariants: a range of IPv4 holds IPv4 addresses only, one of IPv6 only those of IPv6, whatever
//   the form they came in: `::/0` does not speak of IPv4.
class AddressRange {
 public:
  // `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`, `::1`, `unix`. Throws std::invalid_argument whose
  // what() says what is wrong with it: also when bits behind the prefix are set, because
  // `10.1.2.3/8` may be meant as either.
  explicit AddressRange(std::string_view text);

  bool contains(const PeerAddress& peer) const noexcept;

  // What the constructor takes; one address is written without a prefix length.
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
