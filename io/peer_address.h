// SPDX-License-Identifier: Apache-2.0
// PeerAddress: a client's address, in one form for all families.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace fanlight {

// An IPv6 address in network order, or an IPv4 address mapped into one (::ffff:a.b.c.d, RFC 4291
// section 2.5.5.2). All zero for UNIX sockets and when it is not known.
struct PeerAddress {
  std::array<std::byte, 16> bytes{};
  bool is_local = false;  // this machine: 127.0.0.0/8, ::1, or a UNIX socket

  bool operator==(const PeerAddress&) const = default;
};

// From the result of getpeername(2); of a family other than IPv4, IPv6 and UNIX: not known.
PeerAddress to_peer_address(const sockaddr_storage& address) noexcept;

inline constexpr size_t kAddressTextMax = 46;  // INET6_ADDRSTRLEN of <netinet/in.h>

// `192.0.2.7` or `2001:db8::7`, as inet_pton(3) accepts them: no brackets, no port, no zone.
std::optional<PeerAddress> parse_address(std::string_view text) noexcept;

// The same text, an IPv4 address in its own form even when mapped; `unix` for a UNIX socket,
// `unknown` for an unknown address. Returns the part of `room` that it wrote.
std::string_view format_address(const PeerAddress& peer,
                                std::span<char, kAddressTextMax> room) noexcept;

// True for ::ffff:a.b.c.d.
bool is_ipv4(const PeerAddress& peer) noexcept;
// True when `peer` has an address at all: it connected over IP.
bool has_address(const PeerAddress& peer) noexcept;
// True for 127.0.0.0/8 and ::1, whoever names it: `is_local` is about the connection.
bool is_loopback(const PeerAddress& peer) noexcept;

// What a client is counted by: an IPv4 address unchanged; the first 64 bits of an IPv6 address,
// since a household or a phone gets at least that many addresses (RFC 6177).
std::array<std::byte, 16> network_of(const PeerAddress& peer) noexcept;

}  // namespace fanlight
