// SPDX-License-Identifier: Apache-2.0
#include "io/peer_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace fanlight {
namespace {

sockaddr_storage ipv4(const char* text) {
  sockaddr_storage storage{};
  auto& address = reinterpret_cast<sockaddr_in&>(storage);
  address.sin_family = AF_INET;
  EXPECT_EQ(::inet_pton(AF_INET, text, &address.sin_addr), 1);
  return storage;
}

sockaddr_storage ipv6(const char* text) {
  sockaddr_storage storage{};
  auto& address = reinterpret_cast<sockaddr_in6&>(storage);
  address.sin6_family = AF_INET6;
  EXPECT_EQ(::inet_pton(AF_INET6, text, &address.sin6_addr), 1);
  return storage;
}

std::string text_of(const PeerAddress& peer) {
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(AF_INET6, peer.bytes.data(), text, sizeof text);
}

TEST(PeerAddressTest, BothFamiliesHaveOneForm) {
  EXPECT_EQ(text_of(to_peer_address(ipv4("192.0.2.7"))), "::ffff:192.0.2.7");
  EXPECT_EQ(text_of(to_peer_address(ipv6("2001:db8::1"))), "2001:db8::1");
  // An IPv4 client at an IPv6 listener (ipv6(7)) is the same client.
  EXPECT_EQ(to_peer_address(ipv6("::ffff:192.0.2.7")), to_peer_address(ipv4("192.0.2.7")));
}

TEST(PeerAddressTest, LoopbackIsLocalInAnyForm) {
  for (const char* local : {"127.0.0.1", "127.255.0.9"}) {
    EXPECT_TRUE(to_peer_address(ipv4(local)).is_local) << local;
  }
  for (const char* local : {"::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(to_peer_address(ipv6(local)).is_local) << local;
  }
  EXPECT_FALSE(to_peer_address(ipv4("128.0.0.1")).is_local);
  for (const char* remote : {"::", "::2", "::127.0.0.1", "fe80::1", "::fffe:127.0.0.1"}) {
    EXPECT_FALSE(to_peer_address(ipv6(remote)).is_local) << remote;
  }
}

TEST(PeerAddressTest, UnixSocketIsLocalAndHasNoAddress) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  EXPECT_EQ(to_peer_address(storage), (PeerAddress{.bytes = {}, .is_local = true}));
}

TEST(PeerAddressTest, OtherFamiliesAreUnknown) {
  sockaddr_storage storage{};
  EXPECT_EQ(to_peer_address(storage), PeerAddress{});
}

std::string formatted(const PeerAddress& peer) {
  char room[kAddressTextMax];
  return std::string(format_address(peer, room));
}

TEST(PeerAddressTest, TextIsParsedAndWrittenInItsShortestForm) {
  for (const char* text : {"192.0.2.7", "127.0.0.1", "255.255.255.255", "2001:db8::7", "::1",
                           "1111:2222:3333:4444:5555:6666:7777:8888"}) {
    const auto peer = parse_address(text);
    ASSERT_TRUE(peer.has_value()) << text;
    EXPECT_EQ(formatted(*peer), text);
  }
  EXPECT_EQ(formatted(*parse_address("::ffff:192.0.2.7")), "192.0.2.7");
  EXPECT_EQ(formatted(*parse_address("2001:0DB8:0:0:0:0:0:7")), "2001:db8::7");
  EXPECT_EQ(*parse_address("127.0.0.1"), to_peer_address(ipv4("127.0.0.1")));
}

TEST(PeerAddressTest, LoopbackIsKnownByTheAddressAlone) {
  for (const char* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    PeerAddress peer = *parse_address(text);
    peer.is_local = false;
    EXPECT_TRUE(is_loopback(peer)) << text;
  }
  for (const char* text : {"128.0.0.1", "::2", "::127.0.0.1", "192.0.2.127"}) {
    EXPECT_FALSE(is_loopback(*parse_address(text))) << text;
  }
  EXPECT_FALSE(is_loopback({.bytes = {}, .is_local = true}));
}

TEST(PeerAddressTest, PeersWithoutAnAddressHaveAName) {
  EXPECT_EQ(formatted(PeerAddress{}), "unknown");
  EXPECT_EQ(formatted(PeerAddress{.bytes = {}, .is_local = true}), "unix");
}

TEST(PeerAddressTest, RejectsInvalidAddresses) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "unix"sv, "192.0.2"sv, "192.0.2.07x"sv, "192.0.2.7 "sv, "192.0.2.7:80"sv, "[::1]"sv,
        "fe80::1%lo"sv, "192.0.2.7\0"sv, ":::"sv,
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"sv}) {
    EXPECT_FALSE(parse_address(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace fanlight
