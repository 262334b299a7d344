// SPDX-License-Identifier: Apache-2.0
#include "io/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr size_t kMappedPrefix = 12;  // ::ffff:0:0/96

std::string_view copy(std::string_view text, std::span<char, kAddressTextMax> room) {
  text.copy(room.data(), room.size());
  return {room.data(), text.size()};
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
  peer.is_local = is_loopback(peer);
  return peer;
}

std::optional<PeerAddress> parse_address(std::string_view text) noexcept {
  char terminated[kAddressTextMax];
  // A NUL inside would end the text early for inet_pton(3), which would see a different address.
  if (text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos) return {};
  *std::copy(text.begin(), text.end(), terminated) = '\0';

  sockaddr_storage storage{};
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET, terminated, &ipv4.sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else if (::inet_pton(AF_INET6, terminated, &ipv6.sin6_addr) == 1) {
    storage.ss_family = AF_INET6;
  } else {
    return {};
  }
  return to_peer_address(storage);
}

std::string_view format_address(const PeerAddress& peer,
                                std::span<char, kAddressTextMax> room) noexcept {
  static_assert(kAddressTextMax == INET6_ADDRSTRLEN);
  if (!has_address(peer)) return copy(peer.is_local ? "unix" : "unknown", room);
  const bool ipv4 = is_ipv4(peer);
  const void* bytes = peer.bytes.data() + (ipv4 ? kMappedPrefix : 0);
  const char* text = ::inet_ntop(ipv4 ? AF_INET : AF_INET6, bytes, room.data(), kAddressTextMax);
  CHECK(text != nullptr);
  return text;
}

bool is_ipv4(const PeerAddress& peer) noexcept {
  return std::all_of(peer.bytes.begin(), peer.bytes.begin() + 10,
                     [](std::byte byte) { return byte == std::byte{0}; }) &&
         peer.bytes[10] == std::byte{0xff} && peer.bytes[11] == std::byte{0xff};
}

bool has_address(const PeerAddress& peer) noexcept {
  return peer.bytes != std::array<std::byte, 16>{};
}

bool is_loopback(const PeerAddress& peer) noexcept {
  std::array<std::byte, 16> loopback{};
  loopback.back() = std::byte{1};
  if (peer.bytes == loopback) return true;
  return is_ipv4(peer) && peer.bytes[kMappedPrefix] == std::byte{127};
}

std::array<std::byte, 16> network_of(const PeerAddress& peer) noexcept {
  std::array<std::byte, 16> network = peer.bytes;
  if (!is_ipv4(peer)) std::fill(network.begin() + 8, network.end(), std::byte{0});
  return network;
}

}  // namespace fanlight
