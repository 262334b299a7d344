// SPDX-License-Identifier: Apache-2.0
#include "io/peer_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace fanlight {
namespace {

constexpr size_t kMappedPrefix = 12;  // ::ffff:0:0/96

bool is_loopback(const std::array<std::byte, 16>& bytes) {
  std::array<std::byte, 16> loopback{};
  loopback.back() = std::byte{1};
  if (bytes == loopback) return true;
  const bool mapped = std::all_of(bytes.begin(), bytes.begin() + 10,
                                  [](std::byte byte) { return byte == std::byte{0}; }) &&
                      bytes[10] == std::byte{0xff} && bytes[11] == std::byte{0xff};
  return mapped && bytes[kMappedPrefix] == std::byte{127};
}

}  // namespace

PeerAddress to_peer_address(const sockaddr_storage& address) noexcept {
  PeerAddress peer;
  switch (address.ss_family) {
    case AF_INET: {
      const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
      peer.bytes[10] = peer.bytes[11] = std::byte{0xff};
      std::memcpy(&peer.bytes[kMappedPrefix], &ipv4.sin_addr, sizeof ipv4.sin_addr);
      break;
    }
    case AF_INET6: {
      const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
      std::memcpy(peer.bytes.data(), &ipv6.sin6_addr, sizeof ipv6.sin6_addr);
      break;
    }
    case AF_UNIX:
      peer.is_local = true;
      return peer;
    default:
      return peer;
  }
  peer.is_local = is_loopback(peer.bytes);
  return peer;
}

}  // namespace fanlight
