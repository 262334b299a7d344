// SPDX-License-Identifier: Apache-2.0
#include "io/address_range.h"

#include <fmt/core.h>

#include <optional>
#include <stdexcept>

#include "core/to_number.h"

namespace fanlight {
namespace {

constexpr size_t kMappedBits = 96;  // of ::ffff:0:0/96, before the IPv4 address
constexpr size_t kAddressBits = 128;

// `bytes` with every bit after the first `bits` cleared.
PeerAddress masked(PeerAddress address, size_t bits) {
  for (size_t i = 0; i < address.bytes.size(); ++i) {
    const size_t kept = bits <= i * 8 ? 0 : bits - i * 8;
    if (kept < 8) address.bytes[i] &= std::byte{0xff} << (8 - kept);
  }
  return address;
}

std::string address_text(const PeerAddress& address) {
  // No peer ever has this address, so format_address() takes it for an unknown one.
  if (!has_address(address)) return "::";
  char room[kAddressTextMax];
  return std::string(format_address(address, room));
}

size_t parse_prefix(std::string_view digits, size_t bits_max, std::string_view whole) {
  const std::optional<size_t> bits = to_number<size_t>(digits);
  if (!bits || *bits > bits_max) {
    throw std::invalid_argument(
        fmt::format("'{}': the prefix length after the slash is 0 to {}", whole, bits_max));
  }
  return *bits;
}

}  // namespace

AddressRange::AddressRange(std::string_view text) {
  if (text == "unix") return;
  const size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) {
    throw std::invalid_argument(fmt::format(
        "'{}' is not an address or network; write 10.0.0.0/8, 192.0.2.7, 2001:db8::/32 or unix",
        text));
  }
  first_ = *address;
  family_ = is_ipv4(first_) ? Family::ipv4 : Family::ipv6;
  prefix_bits_ = family_ == Family::ipv4 ? kAddressBits - kMappedBits : kAddressBits;
  if (slash == std::string_view::npos) return;

  prefix_bits_ = parse_prefix(text.substr(slash + 1), prefix_bits_, text);
  const PeerAddress network = masked(first_, common_bits());
  if (network.bytes != first_.bytes) {
    throw std::invalid_argument(fmt::format(
        "'{}' names an address within a network; write '{}/{}' for the network or '{}' for the "
        "address",
        text, address_text(network), prefix_bits_, address_text(first_)));
  }
}

size_t AddressRange::common_bits() const noexcept {
  return family_ == Family::ipv4 ? kMappedBits + prefix_bits_ : prefix_bits_;
}

bool AddressRange::contains(const PeerAddress& peer) const noexcept {
  if (!has_address(peer)) return family_ == Family::unix_socket && peer.is_local;
  if (family_ != (is_ipv4(peer) ? Family::ipv4 : Family::ipv6)) return false;
  return masked(peer, common_bits()).bytes == first_.bytes;
}

std::string AddressRange::text() const {
  if (family_ == Family::unix_socket) return "unix";
  const std::string address = address_text(first_);
  const bool single = common_bits() == kAddressBits;
  return single ? address : fmt::format("{}/{}", address, prefix_bits_);
}

}  // namespace fanlight
